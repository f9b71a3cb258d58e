"""The courier: what every outcome means, and that nothing is lost or posted twice on the way."""
