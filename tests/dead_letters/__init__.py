"""What an operator sees of the delivery, and how what died comes back."""
