"""The language of Argo's conditions: expr-lang/expr 1.17 with Go's types, read and evaluated by our own code.

A part of the language is left out (`let`, `if`, maps, `reduce`, functions of text and time, …); what uses it
cannot be replayed, and nothing is guessed.
"""
