"""An AOI's dependency graph: its source in DOT, its layout, its drawings and the pages of its windows."""
