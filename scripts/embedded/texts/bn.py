"""Bengali: subject, place, object, verb; verbs as (third person, infinitive)."""

from .meaning import Clause, Meaning

JOIN = " "
SUBJECTS = ["শিক্ষক", "ডাক্তার", "ছেলেটি", "মেয়েটি", "কৃষক", "আমার মা", "আমার বাবা", "আমার বোন", "আমার ভাই", "আমাদের বন্ধু",
            "রাঁধুনি", "চালক", "ছাত্র", "প্রতিবেশী", "আমার দাদি", "শ্রমিক"]
VERBS = [("খায়", "খেতে"), ("রান্না করে", "রান্না করতে"), ("কেনে", "কিনতে"), ("বিক্রি করে", "বিক্রি করতে"),
         ("পড়ে", "পড়তে"), ("লেখে", "লিখতে"), ("পাঠায়", "পাঠাতে"),
         ("মেরামত করে", "মেরামত করতে"), ("পরিষ্কার করে", "পরিষ্কার করতে"), ("রং করে", "রং করতে"), ("খোলে", "খুলতে"),
         ("দেখে", "দেখতে"), ("খাওয়ায়", "খাওয়াতে"), ("খুঁজে পায়", "খুঁজে পেতে"), ("ডাকে", "ডাকতে")]
OBJECTS = ["রুটি", "ভাত", "মাছ", "আপেল", "স্যুপ", "ডিম", "কেক", "আলু", "চিঠি", "বই", "খবরের কাগজ", "গল্প", "কবিতা", "বার্তা",
           "দরজা", "জানালা", "গাড়ি", "চেয়ার", "টেবিল", "নৌকা", "বাড়ি", "ফটক", "কুকুরটিকে", "বিড়ালটিকে", "ঘোড়াটিকে", "পাখিটিকে",
           "গরুটিকে", "ছাগলটিকে"]
PLACES = ["বাগানে", "বাজারে", "বাড়িতে", "স্কুলে", "নদীর ধারে", "গ্রামে", "শহরে", "রান্নাঘরে", "রাস্তায়", "স্টেশনের কাছে"]
TIMES = ["আজ", "প্রতিদিন", "সকালে", "সন্ধ্যায়", "সোমবারে", "প্রায়ই", "শীতকালে", "রবিবারে"]
ADJECTIVES = ["বড়", "ছোট", "পুরোনো", "নতুন", "সুন্দর", "ভালো", "দামি", "মজার"]


def nominative(obj: str) -> str:
    """Animals carry the object ending, which the subject of a sentence drops."""
    return obj.removesuffix("কে")


def does(c: Clause) -> str:
    return f"{SUBJECTS[c.subject]} {OBJECTS[c.object]} {VERBS[c.verb][0]}"


def sentence(m: Meaning) -> str:
    c, d = m.first, m.second
    subject, (verb, infinitive), obj = SUBJECTS[c.subject], VERBS[c.verb], OBJECTS[c.object]
    place, time, adjective, thing = PLACES[m.place], TIMES[m.time], ADJECTIVES[m.adjective], nominative(obj)
    match m.template:
        case "statement":
            return f"{subject} {time} {place} {obj} {verb}।"
        case "negation":
            return f"{subject} {place} {obj} {verb} না।"
        case "question":
            return f"{subject} কি {time} {obj} {verb}?"
        case "want":
            return f"{subject} {obj} {infinitive} চায়, কারণ এটি {adjective}।"
        case "state":
            return f"{place} {thing} {adjective}।"
        case "and":
            return f"{does(c)}, আর {does(d)}।"
        case "when":
            return f"যখন {subject} {place} {obj} {verb}, তখন {does(d)}।"
        case "where":
            return f"{thing} কোথায়? {thing} {place} আছে।"
        case "says":
            return f"{subject} বলে যে {SUBJECTS[d.subject]} {time} {OBJECTS[d.object]} {VERBS[d.verb][0]}।"
    raise ValueError(m.template)
