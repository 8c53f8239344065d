"""检验人员: what each may inspect, until when, and when each is at work."""
