"""Widgets that know nothing of lessons: their owner gives them data and hears what happens."""
