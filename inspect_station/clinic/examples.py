"""The library as it comes: examples for the technical head to check and change.

`verified` is text only where regulations.md read the article itself; everything else shows 待核实.
"""

from typing import Any


def _entry(
    symptom: str, diagnosis: str, grade: str, measure: str, days: int, basis: str = "", verified: str = "unknown"
) -> dict[str, Any]:
    return {
        "symptom": symptom, "diagnosis": diagnosis, "grade": grade, "measure": measure, "days": days, "basis": basis,
        "verified": verified if basis else "unknown",
    }  # fmt: skip


_LAW = "特种设备安全法"
EXAMPLES: tuple[dict[str, Any], ...] = (
    _entry(
        "安全阀校验有效期已过",
        "安全阀未按期校验",
        "major",
        "更换或送检安全阀，校验合格前停用所在设备",
        15,
        "TSG 92-2026（安全附件安全技术规程），条款待核实",
    ),
    _entry(
        "压力表检定有效期已过",
        "压力表未按期检定",
        "minor",
        "送检或更换压力表，贴有效期标识",
        15,
        "JJG 52，条款待核实",
    ),
    _entry(
        "定期检验有效期已过仍在使用",
        "使用未经定期检验的特种设备",
        "major",
        "停止使用，立即报检；检验合格后方可使用",
        7,
        f"{_LAW}第四十条、第八十四条",
        "text",
    ),
    _entry(
        "临近到期尚未报检",
        "未在有效期届满前一个月提出检验要求",
        "minor",
        "本周内在网上或到窗口报检",
        7,
        f"{_LAW}第四十条",
        "text",
    ),
    _entry(
        "设备没有使用登记证",
        "投入使用后未办理使用登记",
        "major",
        "备齐资料，向登记机关办理使用登记",
        30,
        f"{_LAW}第三十三条",
        "text",
    ),
    _entry(
        "达到设计使用年限仍在使用",
        "达到设计使用年限未经检验或安全评估",
        "major",
        "停止使用；经检验或安全评估合格并变更登记后方可继续使用",
        30,
        f"{_LAW}第四十八条",
        "text",
    ),
    _entry(
        "检验不合格的设备仍在运行",
        "使用检验不合格的特种设备",
        "severe",
        "立即停止使用，整改后申请复检",
        0,
        f"{_LAW}第四十条、第八十四条",
        "text",
    ),
    _entry(
        "锅炉水处理没有定期检验",
        "锅炉水（介质）处理未定期检验",
        "minor",
        "委托水（介质）质检验，留存报告",
        30,
        f"{_LAW}第四十四条",
        "text",
    ),
    _entry("操作人员证书过期或无证", "作业人员不具备资格", "major", "更换持证人员上岗，安排取证或复审", 15),
    _entry("台账与现场对不上", "设备台账不实", "minor", "逐台核对铭牌、证书和台账，差异报我站更正", 30),
    _entry(
        "没有日管控、周排查、月调度记录",
        "主体责任制度未落实",
        "minor",
        "建立三项记录并从本周起填写",
        15,
        "市场监管总局令第74号，条款待核实",
    ),
    _entry("安全阀进口截止阀没有铅封或未全开", "安全泄放装置可能被隔断", "severe", "立即打开并铅封；打不开的停用", 0),
    _entry(
        "容器或管道有泄漏、渗漏痕迹", "密封面或本体泄漏", "major", "停用隔离，查明部位，按方案修理后报我站复核", 7
    ),
    _entry("保温层破损、外壁锈蚀", "有层下腐蚀可能", "minor", "拆除破损保温检查壁厚，除锈防腐后恢复", 60),
    _entry("液位计看不清或没有最高最低标记", "液位计失效", "minor", "清洗或更换，划出安全液位红线", 15),
    _entry("快开门安全联锁失灵", "安全联锁装置失效", "severe", "立即停用，修复并试验联锁后再用", 0),
    _entry("气瓶没有防震圈、瓶帽或固定措施", "气瓶储存使用不规范", "minor", "补齐附件，立放固定，空满瓶分区", 7),
    _entry("铭牌缺失或字迹不清", "产品铭牌缺失", "minor", "联系制造单位补办，并提供出厂资料核对", 60),
)
