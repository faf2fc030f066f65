"""The Textual interface: app, screens and widgets."""
