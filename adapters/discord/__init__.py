"""Discord: a thin door. Interactions become commands of the core, messages of the core become embeds; every rule stays in the core."""
