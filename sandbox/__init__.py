"""A fleet of containers that behave as servers, and a sample application with good and bad releases."""
