"""The invented names the sample park is made of. No real firm, person or maker is meant."""

# (trade, profile): the profile says what equipment such a firm has, see recipes.PROFILES.
TRADES = (
    ("石化", "petrochemical"),
    ("聚丙烯", "petrochemical"),
    ("丙烷脱氢", "petrochemical"),
    ("化工新材料", "chemical"),
    ("精细化工", "chemical"),
    ("涂料", "chemical"),
    ("树脂", "chemical"),
    ("己内酰胺", "petrochemical"),
    ("环保材料", "small"),
    ("橡塑制品", "small"),
    ("包装材料", "small"),
    ("机械制造", "small"),
    ("食品加工", "food"),
    ("水产冷链", "cold"),
    ("热电", "power"),
    ("工业气体", "gas"),
    ("液化气", "filling"),
    ("危险品运输", "transport"),
    ("燃气", "city_gas"),
    ("纺织印染", "dyeing"),
    ("造纸", "dyeing"),
    ("仓储物流", "storage"),
    ("港口储运", "storage"),
)
PLACES = ("福州", "连江", "可门", "罗源湾", "福建")
FIRST = "澜岚峤屿岱崧嵘屹泓沣溟瀛澔湛漪潆煦昀晟曜旸昕琮珩瑾璟璋"
SECOND = "衡骏垣埕堃塬祺祎禾稷穆筠笙箐翊翀舸航岑朔望舒启恒泰"
SURNAMES = "陈林黄郑吴刘张李王杨许郭邱叶余方江池卓兰"
GIVEN = (
    "建平",
    "秀英",
    "志强",
    "丽华",
    "晓东",
    "国栋",
    "雪梅",
    "文彬",
    "海燕",
    "立新",
    "少峰",
    "婷婷",
    "德明",
    "光辉",
    "美珍",
)
MAKERS = (
    "榕东压力容器制造有限公司（示例）",
    "闽海锅炉厂（示例）",
    "江阴化机设备有限公司（示例）",
    "东南重工装备有限公司（示例）",
    "华岳化工机械有限公司（示例）",
    "北辰特种气瓶有限公司（示例）",
)
OFFICES = ("连江县市场监督管理局可门所", "连江县市场监督管理局坑园所", "福州市市场监督管理局特设处")
PLOTS = ("A", "B", "C", "D", "E")
