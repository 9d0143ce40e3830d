"""Japanese: polite verbs as (plain, polite, polite negative, wish); particles in the templates."""

from .meaning import Clause, Meaning

JOIN = ""
SUBJECTS = ["先生", "医者", "男の子", "女の子", "農家の人", "母", "父", "姉", "弟", "友達", "料理人", "運転手", "学生", "隣の人", "祖母", "労働者"]
VERBS = [("食べる", "食べます", "食べません", "食べたい"), ("作る", "作ります", "作りません", "作りたい"),
         ("買う", "買います", "買いません", "買いたい"), ("売る", "売ります", "売りません", "売りたい"),
         ("読む", "読みます", "読みません", "読みたい"), ("書く", "書きます", "書きません", "書きたい"),
         ("送る", "送ります", "送りません", "送りたい"), ("直す", "直します", "直しません", "直したい"),
         ("洗う", "洗います", "洗いません", "洗いたい"), ("塗る", "塗ります", "塗りません", "塗りたい"),
         ("開ける", "開けます", "開けません", "開けたい"), ("見る", "見ます", "見ません", "見たい"),
         ("育てる", "育てます", "育てません", "育てたい"), ("見つける", "見つけます", "見つけません", "見つけたい"),
         ("呼ぶ", "呼びます", "呼びません", "呼びたい")]
OBJECTS = ["パン", "ご飯", "魚", "りんご", "スープ", "卵", "ケーキ", "じゃがいも", "手紙", "本", "新聞", "物語", "詩", "メッセージ",
           "ドア", "窓", "車", "椅子", "机", "船", "家", "門", "犬", "猫", "馬", "鳥", "牛", "山羊"]
FIRST_ANIMAL = 22  # living things 'are' with another verb
PLACES = ["庭", "市場", "家の中", "学校", "川のそば", "村", "町", "台所", "道", "駅の近く"]
TIMES = ["今日", "毎日", "朝に", "夜に", "月曜日に", "よく", "冬に", "日曜日に"]
ADJECTIVES = ["大きい", "小さい", "古い", "新しい", "美しい", "いい", "高い", "面白い"]


def sentence(m: Meaning) -> str:
    c, d = m.first, m.second
    subject, (plain, polite, negative, wish), obj = SUBJECTS[c.subject], VERBS[c.verb], OBJECTS[c.object]
    place, time, adjective = PLACES[m.place], TIMES[m.time], ADJECTIVES[m.adjective]
    other, (other_plain, other_polite, _, _), other_obj = SUBJECTS[d.subject], VERBS[d.verb], OBJECTS[d.object]
    match m.template:
        case "statement":
            return f"{subject}は{time}{place}で{obj}を{polite}。"
        case "negation":
            return f"{subject}は{place}で{obj}を{negative}。"
        case "question":
            return f"{subject}は{time}{obj}を{polite}か。"
        case "want":
            return f"{adjective}ので、{subject}は{obj}を{wish}です。"
        case "state":
            return f"{place}の{obj}は{adjective}です。"
        case "and":
            return f"{subject}は{obj}を{polite}。そして{other}は{other_obj}を{other_polite}。"
        case "when":
            return f"{subject}が{place}で{obj}を{plain}とき、{other}は{other_obj}を{other_polite}。"
        case "where":
            be = "います" if c.object >= FIRST_ANIMAL else "あります"
            return f"{obj}はどこに{be}か。{obj}は{place}に{be}。"
        case "says":
            return f"{subject}は{other}が{time}{other_obj}を{other_plain}と言います。"
    raise ValueError(m.template)
