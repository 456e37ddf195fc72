"""The engine: measures transfer learning on a table of texts and labels. Knows nothing of Streamlit."""
