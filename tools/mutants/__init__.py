"""Changes the contracts in small ways, one at a time, and sees whether the tests notice.

A change that no test notices is a survivor: either a test is missing, or the change makes no
difference, and then ``tests/mutants/survivors.yaml`` says why.
"""
