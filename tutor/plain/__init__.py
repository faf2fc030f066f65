"""The tutor line by line, for screen readers, pipes and terminals that cannot draw: no escape byte."""
