"""The toolkit of the program: windows, forms, tables, messages.

Only here ttkbootstrap and tkinter are imported, so that replacing them stays a matter
of one folder. Nothing in it knows users or the service.
"""
