"""The web server: one for all platforms that knock at a door rather than keep a line open."""
