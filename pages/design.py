"""design"""
import streamlit as st
from pages.shared.frame import draw_header, invite
draw_header('design?')
invite('Nothing yet.', 'To the data', 'data')
