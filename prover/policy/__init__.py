"""The small policy: which tactics to try on a state, in which order, learned from the outcomes of earlier tries."""
