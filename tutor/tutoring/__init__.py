"""The tutoring model: read an answer, compare, diagnose, hint, and run a lesson.

Makes no sentence for a person: outcomes, ids and numbers only. Words are chosen in `tutor.text`.
"""
