"""The five networks of the published model, and the files that hold their weights.

Only ``sizes`` may be imported without torch; nothing is imported here.
"""
