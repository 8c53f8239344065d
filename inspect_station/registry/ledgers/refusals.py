"""Why a whole file is refused: one stable code and one Chinese sentence each."""

from __future__ import annotations

from inspect_station.errors import InvalidInput

REASONS: dict[str, str] = {
    "file_missing": "找不到文件，请核对路径后重试。",
    "file_empty": "文件是空的，请核对后重新选择。",
    "file_too_large": "文件超过 64 MB，请按装置或年份拆分后再导入。",
    "file_type": "只能导入 .xlsx、.xls、.csv 台账，请另存为其中一种后再导入。",
    "renamed": "文件内容与扩展名不符（{detail}），请用表格软件打开，另存为 .xlsx 后再导入。",
    "html_table": "这是网页格式的表格，只是改了扩展名；请用表格软件打开，另存为 .xlsx 后再导入。",
    "encrypted": "文件设有打开密码，请去掉密码后再导入。",
    "macros": "文件含有宏，为安全起见不予读取；请另存为不含宏的 .xlsx 后再导入。",
    "external_links": "文件含有指向其他文件或数据源的链接（{detail}），请在“数据 → 编辑链接”中断开链接后再导入。",
    "xml_entities": "文件内部含有实体声明（DOCTYPE），不是表格软件正常保存的文件；请重新另存后再导入。",
    "xml_encoding": "文件内部的编码不是 UTF-8，不是表格软件正常保存的文件；请重新另存后再导入。",
    "xml_malformed": "文件内部结构损坏（{detail}），请用表格软件打开并重新另存后再导入。",
    "zip_damaged": "文件已损坏或不完整，请重新取得文件，或用表格软件修复后另存。",
    "zip_paths": "文件内部的名称不正常（{detail}），为安全起见不予读取。",
    "zip_entries": "文件内部的部件过多或重复（{detail}），不是表格软件正常保存的文件。",
    "zip_bomb": "文件解开后异常庞大（{detail}），为安全起见不予读取；请复制有用的行到新表格后再导入。",
    "nul_bytes": "文本文件中含有空字节，不是正常的 CSV；请用表格软件另存后再导入。",
    "text_encoding": "认不出文本的编码，请另存为 UTF-8 或 GBK 编码的 CSV 后再导入。",
    "csv_malformed": "CSV 第 {detail} 行附近无法读取（引号不成对或单元格过长），请改正后再导入。",
    "too_many_cells": "表格内容过多（{detail}），一次最多读取 400 万个有内容的单元格，请拆分后再导入。",
    "cell_out_of_range": "工作表“{detail}”在极远的位置有内容，表格实际范围过大；请删除数据区以外的行和列后再导入。",
    "memory_exceeded": "读取文件所需的内存超过上限，已停止读取；请拆分后再导入。",
    "time_exceeded": "读取文件超过 60 秒，已停止读取；请拆分后再导入。",
    "disk_full": "服务器的磁盘已满，文件本身没有问题；请管理员清理磁盘后再导入一次。",
    "content_too_large": "表格文字内容过多，已停止读取；请拆分后再导入。",
    "no_sheets": "文件里没有可读的工作表（隐藏的工作表不导入）。",
    "no_header": "没有找到表头：需要有一行写着设备名称、设备代码、单位内编号等项目；请核对后再导入。",
    "mapping_file": '对应关系文件无法使用（{detail}）；应为 JSON 对象，如 {{"代号": "own_number"}}。',
    "unreadable": "文件无法读取，可能已损坏；请用表格软件打开并另存为 .xlsx 后再导入。",
}


class LedgerRefused(InvalidInput):
    """A file that is not read at all; ``code`` is stable, the message is for the person."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(REASONS[code].format(detail=detail or "原因不明"))
        self.code = code
