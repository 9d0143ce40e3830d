"""Thai: no spaces between words, no inflection; place and time at the end."""

from .meaning import Clause, Meaning

JOIN = " "
SUBJECTS = ["ครู", "หมอ", "เด็กชาย", "เด็กหญิง", "ชาวนา", "แม่ของฉัน", "พ่อของฉัน", "พี่สาวของฉัน", "น้องชายของฉัน", "เพื่อนของเรา",
            "พ่อครัว", "คนขับรถ", "นักเรียน", "เพื่อนบ้าน", "ยายของฉัน", "คนงาน"]
VERBS = ["กิน", "ทำ", "ซื้อ", "ขาย", "อ่าน", "เขียน", "ส่ง", "ซ่อม", "ทำความสะอาด", "ทาสี", "เปิด", "เห็น", "ให้อาหาร", "พบ", "เรียก"]
OBJECTS = ["ขนมปัง", "ข้าว", "ปลา", "แอปเปิล", "ซุป", "ไข่", "เค้ก", "มันฝรั่ง", "จดหมาย", "หนังสือ", "หนังสือพิมพ์", "เรื่องเล่า", "บทกวี", "ข้อความ",
           "ประตู", "หน้าต่าง", "รถยนต์", "เก้าอี้", "โต๊ะ", "เรือ", "บ้าน", "รั้ว", "สุนัข", "แมว", "ม้า", "นก", "วัว", "แพะ"]
PLACES = ["ในสวน", "ที่ตลาด", "ที่บ้าน", "ที่โรงเรียน", "ริมแม่น้ำ", "ในหมู่บ้าน", "ในเมือง", "ในครัว", "บนถนน", "ใกล้สถานี"]
TIMES = ["วันนี้", "ทุกวัน", "ตอนเช้า", "ตอนเย็น", "วันจันทร์", "บ่อยๆ", "ในฤดูหนาว", "วันอาทิตย์"]
ADJECTIVES = ["ใหญ่", "เล็ก", "เก่า", "ใหม่", "สวย", "ดี", "แพง", "น่าสนใจ"]


def does(c: Clause) -> str:
    return f"{SUBJECTS[c.subject]}{VERBS[c.verb]}{OBJECTS[c.object]}"


def sentence(m: Meaning) -> str:
    c, d = m.first, m.second
    subject, verb, obj = SUBJECTS[c.subject], VERBS[c.verb], OBJECTS[c.object]
    place, time, adjective = PLACES[m.place], TIMES[m.time], ADJECTIVES[m.adjective]
    match m.template:
        case "statement":
            return f"{does(c)}{place}{time}"
        case "negation":
            return f"{subject}ไม่{verb}{obj}{place}"
        case "question":
            return f"{does(c)}{time}หรือไม่"
        case "want":
            return f"{subject}อยาก{verb}{obj}เพราะมัน{adjective}"
        case "state":
            return f"{obj}{place}{adjective}"
        case "and":
            return f"{does(c)} และ{does(d)}"
        case "when":
            return f"เมื่อ{does(c)}{place} {does(d)}"
        case "where":
            return f"{obj}อยู่ที่ไหน {obj}อยู่{place}"
        case "says":
            return f"{subject}พูดว่า{does(d)}{time}"
    raise ValueError(m.template)
