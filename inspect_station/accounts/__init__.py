"""Who may do what: people, roles, sessions, tokens, and the audit trail."""
