"""The lessons as data: their model, the loader, and the checker that proves them.

`loader` finds lessons and lists them unproved; `load_lesson` proves one. `reader` turns the files of a lesson
(`files`, `prose`, `toml_lines`) into what `model` describes and notes faults of form. `checker` then proves
the rest: `step_proofs` the mathematics of each step, with `mistake_proofs`, `bug_proofs` and `arrangements`
for some kinds of step, `prose_proofs` the numbers in the text, `fading`, `coverage` and `readability` the
whole. `mathematics` computes every answer and every number shown. Labs go the same way: `lab_model`,
`lab_proofs`, `labs`. Every fault is a `faults.Fault` with its file and line.
"""
