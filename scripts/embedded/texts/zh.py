"""Chinese: no spaces, no inflection; time and place come before the verb."""

from .meaning import Clause, Meaning

JOIN = ""
SUBJECTS = ["老师", "医生", "男孩", "女孩", "农民", "我妈妈", "我爸爸", "我姐姐", "我弟弟", "我们的朋友", "厨师", "司机", "学生", "邻居", "我奶奶", "工人"]
VERBS = ["吃", "煮", "买", "卖", "读", "写", "发送", "修理", "清洗", "粉刷", "打开", "看见", "喂", "找到", "呼唤"]
OBJECTS = ["面包", "米饭", "鱼", "苹果", "汤", "鸡蛋", "蛋糕", "土豆", "信", "书", "报纸", "故事", "诗", "消息",
           "门", "窗户", "汽车", "椅子", "桌子", "船", "房子", "大门", "狗", "猫", "马", "鸟", "牛", "山羊"]
PLACES = ["花园里", "市场上", "家里", "学校里", "河边", "村子里", "城市里", "厨房里", "街上", "车站附近"]
TIMES = ["今天", "每天", "早上", "晚上", "星期一", "经常", "冬天", "星期天"]
ADJECTIVES = ["大", "小", "旧", "新", "漂亮", "好", "贵", "有趣"]


def does(c: Clause) -> str:
    return f"{SUBJECTS[c.subject]}{VERBS[c.verb]}{OBJECTS[c.object]}"


def sentence(m: Meaning) -> str:
    c, d = m.first, m.second
    subject, verb, obj = SUBJECTS[c.subject], VERBS[c.verb], OBJECTS[c.object]
    place, time, adjective = PLACES[m.place], TIMES[m.time], ADJECTIVES[m.adjective]
    match m.template:
        case "statement":
            return f"{subject}{time}在{place}{verb}{obj}。"
        case "negation":
            return f"{subject}不在{place}{verb}{obj}。"
        case "question":
            return f"{subject}{time}{verb}{obj}吗？"
        case "want":
            return f"{subject}想{verb}{obj}，因为它很{adjective}。"
        case "state":
            return f"{place}的{obj}很{adjective}。"
        case "and":
            return f"{does(c)}，{does(d)}。"
        case "when":
            return f"当{subject}在{place}{verb}{obj}的时候，{does(d)}。"
        case "where":
            return f"{obj}在哪里？{obj}在{place}。"
        case "says":
            return f"{subject}说{SUBJECTS[d.subject]}{time}{VERBS[d.verb]}{OBJECTS[d.object]}。"
    raise ValueError(m.template)
