"""Ledgers as people have them: from the bytes of a workbook to checked row facts, each problem with its place."""
