"""Where the hotels of the generated chain stand: real cities with their coordinates, districts and public facts.

Weights, price levels and kinds are rough, for plausible data only. A kind says how a city fills:
`business` by weekdays, `leisure` by weekends and holidays, `summer` and `winter` are resorts with a season.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Kind = Literal["business", "leisure", "summer", "winter"]
KINDS: Final = ("business", "leisure", "summer", "winter")


class Country(NamedTuple):
    """Currency, time zone, and price level in per mille of China's."""

    currency: str
    time_zone: str
    price_permille: int


class City(NamedTuple):
    """A city; `place` is ISO 3166, with subdivision where holidays differ; price level in per mille of its country."""

    place: str
    region: str
    name: str
    latitude: float
    longitude: float
    weight: int
    price_permille: int
    kind: str
    districts: tuple[str, ...]

    @property
    def country(self) -> str:
        """ISO 3166 alpha-2."""
        return self.place[:2]


COUNTRIES: Final = {
    "CN": Country("CNY", "Asia/Shanghai", 1000),
    "JP": Country("JPY", "Asia/Tokyo", 1350),
    "KR": Country("KRW", "Asia/Seoul", 1250),
    "SG": Country("SGD", "Asia/Singapore", 2300),
    "TH": Country("THB", "Asia/Bangkok", 850),
    "DE": Country("EUR", "Europe/Berlin", 2100),
    "FR": Country("EUR", "Europe/Paris", 2000),
    "GB": Country("GBP", "Europe/London", 2400),
    "PT": Country("EUR", "Europe/Lisbon", 1500),
    "CH": Country("CHF", "Europe/Zurich", 3400),
    "IT": Country("EUR", "Europe/Rome", 1800),
    "ES": Country("EUR", "Europe/Madrid", 1600),
}
#: Share of each part of the chain in percent, with its countries.
BLOCKS: Final = ((70, ("CN",)), (15, ("JP", "KR", "SG", "TH")), (15, ("DE", "FR", "GB", "PT", "CH", "IT", "ES")))
#: Value of one major unit in yuan x 10,000, and what prices look like: multiples of a step plus an ending, minor units.
MONEY: Final = {
    "CNY": (10_000, 1000, 800),  # 298, 458 yuan
    "EUR": (78_500, 500, 400),  # 89, 94 euro
    "GBP": (91_200, 500, 400),
    "CHF": (83_500, 500, 0),
    "SGD": (53_600, 500, 300),
    "THB": (2_030, 5000, 4000),  # 1,290 baht
    "JPY": (485, 500, 300),  # 9,800 yen
    "KRW": (52, 5000, 4000),  # 89,000 won
}

# place | region | city | latitude | longitude | weight | price | kind | districts
_TABLE: Final = """
CN|east|Shanghai|31.2304|121.4737|80|1350|business|Huangpu,Xuhui,Jing'an,Pudong,Hongkou,Minhang,Changning
CN|east|Hangzhou|30.2741|120.1551|38|1100|leisure|Xihu,Shangcheng,Gongshu,Binjiang,Xiaoshan
CN|east|Nanjing|32.0603|118.7969|32|1000|business|Xuanwu,Qinhuai,Gulou,Jianye,Jiangning
CN|east|Suzhou|31.2990|120.5853|30|1020|leisure|Gusu,Wuzhong,Xiangcheng,Industrial Park
CN|east|Ningbo|29.8683|121.5440|18|880|business|Haishu,Jiangbei,Yinzhou
CN|east|Wuxi|31.4912|120.3119|16|860|business|Liangxi,Binhu,Xinwu
CN|east|Hefei|31.8206|117.2272|18|800|business|Luyang,Shushan,Baohe
CN|east|Jinan|36.6512|117.1201|18|800|business|Lixia,Shizhong,Licheng
CN|east|Qingdao|36.0671|120.3826|24|980|summer|Shinan,Shibei,Laoshan,Huangdao
CN|east|Xiamen|24.4798|118.0894|24|1060|leisure|Siming,Huli,Jimei
CN|east|Fuzhou|26.0745|119.2965|14|820|business|Gulou,Taijiang,Cangshan
CN|east|Huangshan|29.7147|118.3375|10|900|leisure|Tunxi,Huangshan,Huizhou
CN|south|Guangzhou|23.1291|113.2644|52|1120|business|Yuexiu,Tianhe,Haizhu,Liwan,Baiyun,Panyu
CN|south|Shenzhen|22.5431|114.0579|50|1280|business|Futian,Luohu,Nanshan,Bao'an,Longgang
CN|south|Dongguan|23.0207|113.7518|16|820|business|Nancheng,Dongcheng,Chang'an
CN|south|Foshan|23.0215|113.1214|14|820|business|Chancheng,Nanhai,Shunde
CN|south|Zhuhai|22.2707|113.5767|16|980|leisure|Xiangzhou,Jinwan,Doumen
CN|south|Nanning|22.8170|108.3665|14|720|business|Qingxiu,Xingning,Xixiangtang
CN|south|Guilin|25.2736|110.2900|16|800|leisure|Xiangshan,Qixing,Yangshuo
CN|south|Haikou|20.0440|110.1999|14|900|winter|Longhua,Meilan,Xiuying
CN|south|Sanya|18.2528|109.5119|26|1750|winter|Yalong Bay,Haitang Bay,Dadonghai,Tianya
CN|north|Beijing|39.9042|116.4074|76|1320|business|Dongcheng,Xicheng,Chaoyang,Haidian,Fengtai,Tongzhou
CN|north|Tianjin|39.0842|117.2010|26|900|business|Heping,Hexi,Nankai,Binhai
CN|north|Shijiazhuang|38.0428|114.5149|14|700|business|Chang'an,Qiaoxi,Yuhua
CN|north|Taiyuan|37.8706|112.5489|14|720|business|Yingze,Xiaodian,Wanbailin
CN|north|Datong|40.0768|113.3001|8|700|leisure|Pingcheng,Yungang
CN|north|Hohhot|40.8424|111.7490|9|720|summer|Xincheng,Huimin,Saihan
CN|north|Zhangjiakou|40.7676|114.8860|8|950|winter|Qiaodong,Chongli,Xuanhua
CN|southwest|Chengdu|30.5728|104.0668|52|1000|leisure|Jinjiang,Qingyang,Wuhou,Chenghua,Gaoxin
CN|southwest|Chongqing|29.5630|106.5516|44|900|leisure|Yuzhong,Jiangbei,Nan'an,Shapingba,Yubei
CN|southwest|Kunming|25.0389|102.7183|24|820|leisure|Wuhua,Panlong,Guandu,Xishan
CN|southwest|Guiyang|26.6470|106.6302|14|740|leisure|Nanming,Yunyan,Guanshanhu
CN|southwest|Lijiang|26.8721|100.2296|14|1050|leisure|Gucheng,Shuhe,Yulong
CN|southwest|Dali|25.6065|100.2676|12|1000|leisure|Dali Old Town,Xiaguan,Erhai
CN|southwest|Lhasa|29.6520|91.1721|8|1080|summer|Chengguan,Doilungdeqen
CN|northwest|Xi'an|34.3416|108.9398|42|900|leisure|Beilin,Lianhu,Xincheng,Yanta,Weiyang
CN|northwest|Lanzhou|36.0611|103.8343|12|720|business|Chengguan,Qilihe,Anning
CN|northwest|Xining|36.6171|101.7782|9|760|summer|Chengdong,Chengzhong,Chengxi
CN|northwest|Yinchuan|38.4872|106.2309|9|700|summer|Xingqing,Jinfeng,Xixia
CN|northwest|Urumqi|43.8256|87.6168|12|780|summer|Tianshan,Saybag,Shuimogou
CN|northwest|Dunhuang|40.1421|94.6620|7|900|summer|Shazhou,Mingshan
CN|northeast|Shenyang|41.8057|123.4315|20|740|business|Heping,Shenhe,Tiexi
CN|northeast|Dalian|38.9140|121.6147|18|860|summer|Zhongshan,Xigang,Shahekou
CN|northeast|Harbin|45.8038|126.5350|20|900|winter|Daoli,Nangang,Songbei
CN|northeast|Changchun|43.8171|125.3235|12|700|business|Nanguan,Chaoyang,Kuancheng
CN|northeast|Baishan|41.9394|126.4244|6|1150|winter|Changbaishan West,Fusong
CN|central|Wuhan|30.5928|114.3055|38|900|business|Jiang'an,Jianghan,Wuchang,Hongshan
CN|central|Changsha|28.2282|112.9388|34|900|leisure|Furong,Tianxin,Yuelu,Kaifu
CN|central|Zhengzhou|34.7466|113.6254|26|780|business|Jinshui,Erqi,Zhengdong
CN|central|Nanchang|28.6820|115.8579|15|740|business|Donghu,Xihu,Honggutan
CN|central|Luoyang|34.6197|112.4540|12|760|leisure|Laocheng,Xigong,Luolong
CN|central|Yichang|30.6919|111.2865|9|720|leisure|Xiling,Wujiagang
CN|central|Zhangjiajie|29.1171|110.4792|11|900|leisure|Yongding,Wulingyuan
JP|japan|Tokyo|35.6762|139.6503|40|1250|business|Shinjuku,Minato,Chuo,Taito,Shibuya
JP|japan|Osaka|34.6937|135.5023|26|1080|leisure|Kita,Chuo,Naniwa,Tennoji
JP|japan|Kyoto|35.0116|135.7681|18|1200|leisure|Shimogyo,Nakagyo,Higashiyama
JP|japan|Sapporo|43.0618|141.3545|12|920|winter|Chuo,Kita,Minami
JP|japan|Fukuoka|33.5904|130.4017|12|900|business|Hakata,Chuo
JP|japan|Naha|26.2124|127.6809|9|1100|summer|Kumoji,Shuri
KR|korea|Seoul|37.5665|126.9780|30|1100|business|Jung,Gangnam,Mapo,Jongno
KR|korea|Busan|35.1796|129.0756|14|950|summer|Haeundae,Busanjin,Jung
KR|korea|Jeju|33.4996|126.5312|12|1050|summer|Jeju City,Seogwipo
SG|southeast asia|Singapore|1.3521|103.8198|24|1000|business|Marina Bay,Orchard,Bugis,Sentosa
TH|southeast asia|Bangkok|13.7563|100.5018|32|1000|leisure|Sukhumvit,Silom,Riverside,Siam
TH|southeast asia|Phuket|7.8804|98.3923|18|1400|winter|Patong,Kata,Kamala
TH|southeast asia|Chiang Mai|18.7883|98.9853|12|850|winter|Old City,Nimman
TH|southeast asia|Pattaya|12.9236|100.8825|10|900|winter|Central,Jomtien
DE-BE|central europe|Berlin|52.5200|13.4050|24|900|leisure|Mitte,Charlottenburg,Friedrichshain
DE-BY|central europe|Munich|48.1351|11.5820|18|1150|business|Altstadt,Schwabing,Messestadt
DE-HH|central europe|Hamburg|53.5511|9.9937|14|1000|leisure|Altstadt,St. Pauli,HafenCity
DE-HE|central europe|Frankfurt|50.1109|8.6821|16|1050|business|Innenstadt,Bahnhofsviertel,Messe
DE-NW|central europe|Cologne|50.9375|6.9603|12|950|business|Altstadt,Deutz,Ehrenfeld
CH-ZH|alps|Zurich|47.3769|8.5417|12|1000|business|Altstadt,Oerlikon,Zurich West
CH-GE|alps|Geneva|46.2044|6.1432|8|1050|business|Old Town,Paquis,Nations
CH-BS|alps|Basel|47.5596|7.5886|6|950|business|Grossbasel,Kleinbasel
CH-VS|alps|Zermatt|46.0207|7.7491|5|1500|winter|Dorf,Winkelmatten
FR|western europe|Paris|48.8566|2.3522|34|1200|leisure|Marais,Opera,Montmartre,La Defense
FR|western europe|Lyon|45.7640|4.8357|12|850|business|Presqu'ile,Part-Dieu
FR|western europe|Nice|43.7102|7.2620|10|1150|summer|Promenade,Vieux Nice
FR|western europe|Bordeaux|44.8378|-0.5792|8|880|leisure|Chartrons,Saint-Pierre
GB-ENG|western europe|London|51.5074|-0.1278|36|1250|business|Westminster,City,Camden,Kensington,Southwark
GB-ENG|western europe|Manchester|53.4808|-2.2426|12|850|business|Deansgate,Salford Quays
GB-SCT|western europe|Edinburgh|55.9533|-3.1883|12|1050|leisure|Old Town,New Town,Leith
IT|southern europe|Rome|41.9028|12.4964|20|1050|leisure|Centro Storico,Trastevere,Termini
IT|southern europe|Milan|45.4642|9.1900|16|1150|business|Duomo,Navigli,Porta Nuova
IT|southern europe|Venice|45.4408|12.3155|8|1350|leisure|San Marco,Mestre,Dorsoduro
IT|southern europe|Florence|43.7696|11.2558|8|1100|leisure|Duomo,Oltrarno
ES|southern europe|Madrid|40.4168|-3.7038|18|1000|business|Centro,Salamanca,Chamberi
ES|southern europe|Barcelona|41.3874|2.1686|18|1150|leisure|Eixample,Ciutat Vella,Sants
ES-AN|southern europe|Seville|37.3891|-5.9845|9|900|leisure|Centro,Triana
ES-IB|southern europe|Palma|39.5696|2.6502|10|1200|summer|Centro,Playa de Palma
PT|southern europe|Lisbon|38.7223|-9.1393|14|1050|leisure|Baixa,Alfama,Parque das Nacoes
PT|southern europe|Porto|41.1579|-8.6291|9|900|leisure|Ribeira,Boavista
PT|southern europe|Faro|37.0194|-7.9322|7|1050|summer|Cidade Velha,Ilha de Faro
"""


def _read_city(line: str) -> City:
    place, region, name, latitude, longitude, weight, price, kind, districts = line.split("|")
    return City(
        place,
        region,
        name,
        float(latitude),
        float(longitude),
        int(weight),
        int(price),
        kind,
        tuple(districts.split(",")),
    )


CITIES: Final = tuple(_read_city(line) for line in _TABLE.strip().splitlines())
