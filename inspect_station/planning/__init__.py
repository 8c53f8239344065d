"""计划: who goes where, when; what enterprises say about their sites; plans, their visits, what becomes of them."""
