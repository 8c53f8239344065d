"""The sample park (示例数据): invented enterprises, their equipment and two years of history, relative to today."""
