"""A virtual person whose every joint is known (development only).

It makes movement with known truth: bodies (`body`), poses (`poses`), whole sets
of repetitions (`sets`), a camera (`camera`) and the true numbers (`truth`).
Nothing here is needed to use formcheck.

World frame: metres, z up, floor at z = 0. A standing person at the origin faces
+y and has +x on the right.
"""
