"""A local web page that segments pictures and short videos, and shows a running node."""
