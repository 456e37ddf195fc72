"""Who may see the pages: whoever reaches the address, or only people who have logged in."""

import streamlit as st


def has_authentication() -> bool:
    """Whether ``[auth]`` is configured in ``.streamlit/secrets.toml``."""
    return st.secrets.load_if_toml_exists() and "auth" in st.secrets


def is_admitted() -> bool:
    """Whether this session may see the pages."""
    return not has_authentication() or bool(st.user.get("is_logged_in"))


def draw_login() -> None:
    """Ask for a login, and show nothing else."""
    st.title("Transfer learning, measured", anchor=False)
    st.markdown("Log in to see the texts and models of this server.")
    st.button("Log in", type="primary", icon=":material/login:", on_click=st.login)


def offer_logout() -> None:
    """Let a person who has logged in leave."""
    if has_authentication():
        st.button("Log out", icon=":material/logout:", on_click=st.logout)
