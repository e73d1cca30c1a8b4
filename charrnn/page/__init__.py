"""A model in one web page: the network writes in the reader's browser, with nothing else needed.

`template.html`, `style.css` and `script/` are what the page is made of; the modules here fill in
the weights and what the script has to know. In the script the equations have the names of
`network/plain.py`, and the filters the order of `generation/filters.py`.
"""
