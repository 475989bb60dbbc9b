"""The only package that imports zmq: frames in, frames out, nothing of their meaning."""
