"""What Streamlit has no element for: each a script with its styles, and the call that places it.

All styling beyond the theme lives here.
"""
