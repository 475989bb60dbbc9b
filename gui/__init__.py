"""The desktop program: views draw, controllers decide, neither does the other's work.

`widgets` is the toolkit and the only place that knows ttkbootstrap. `controllers` talk to
the service and know no window. `views` are the pages, made of widgets, told what to show
by controllers. `background` keeps the network off the window's thread. `app` puts them
together.
"""
