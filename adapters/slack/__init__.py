"""Slack: a thin door. Events become commands of the core, messages of the core become Block Kit; every rule stays in the core."""
