"""The modality of pictures. Nothing outside of this folder knows what a pixel is."""
