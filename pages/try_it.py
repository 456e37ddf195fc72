"""try_it"""
import streamlit as st
from pages.shared.frame import draw_header, invite
draw_header('try_it?')
invite('Nothing yet.', 'To the data', 'data')
