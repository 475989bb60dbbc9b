"""Hashes of PASSWORD, made by the libraries and systems that they are named after.

Django 5.2.19, Werkzeug 3.1.9, bcrypt 5.0.0, libpass 1.9.4 (SSHA), glibc's crypt; costs
as low as each would go, but for `werkzeug scrypt` and `crypt sha512`, their defaults.
"""

PASSWORD = "correct horse 7 – ü"
HASHES = {
    "django pbkdf2_sha256": "pbkdf2_sha256$1000$ywvz2nD6qBGXVih5415c1s$ukZa22JJdmKy8DcKKcgltGegwS5Y/TDrh2HW+BuxWUI=",
    "django pbkdf2_sha1": "pbkdf2_sha1$1000$GTJFRVHfl3IcNWP7INp4A6$cR0iBvgoux4sgb6b7+2afmCliHA=",
    "django argon2": "argon2$argon2id$v=19$m=8,t=1,p=1$T3ZtYVpNb0Z4b2FZdk5nb2ZaMDFkZQ$rB0fKP0nJDkWeRqJJQBwIMxkDgpxKiAJc/4ubHRCGVY",
    "django bcrypt_sha256": "bcrypt_sha256$$2b$04$N0iJszVIy67FTvXvtDI65.xDDt6aKKZhj1dWzmjY.XNhPf0peHcf6",
    "django bcrypt": "bcrypt$$2b$04$317ybC945GXP6RVwiH9gHuZykfcFZYXF3cmmtjFAL95B7xvk8myoq",
    "django scrypt": "scrypt$1024$cb7POyBMKdPfPLFHtGmbEY$8$5$8JtAcgH0L4wu7+ska2lU4bWJ5eFrXtthfpnhsyyxLNsQi1LatmTfXOPHFlQ4Xgom4RucvMk/LwuW/+dNL09LNg==",
    "werkzeug pbkdf2:sha256:1000": "pbkdf2:sha256:1000$7wWxl90EqtxbVHFI$1b44f22dd14d71af0fd167da139d394ca31b8380cbc4174fbb80e91c44b4c4d7",
    "werkzeug pbkdf2:sha512:1000": "pbkdf2:sha512:1000$OLxHAMKoN6TtzbV1$f1832415b0903ccd4ef04f87c2f771b0e0a5a72e2bb78aec5e6f4ed98d4fd49adffe4ef33c11da4a4e3f5737b14656e88c7d367e3cfee1c9e8dbc9d18d986405",
    "werkzeug pbkdf2:sha1:1000": "pbkdf2:sha1:1000$MuvT11S8xkzX2PoW$c3ed093ec478452090e4d30389ff7935d5ae4877",
    "werkzeug scrypt": "scrypt:32768:8:1$nlOaaPvPivICpjnT$610211a7fdc4c56ce19c4bc0062c3bdc55e043816721c5992faa264af7d41efedb7535cf5c30918f636ea48310474f32515021ddcd481502633fad803629742f",
    "werkzeug scrypt:1024:8:1": "scrypt:1024:8:1$6bd3vN0pCINsAJCd$62e4961baaa714abfe4b9485c5aa6ba62640443b7a7ddb088d13d38fedf2e6c7d1c9ccaf57dffa7cf14a0e5aebd29cb896ffc824a5f7567532f3c268b182e03d",
    "bcrypt 2a": "$2a$04$Obb/yn7b6qyosQG/ER9Mwuc4jUbTf/dxWqPodpOB.s3rmphtwEyhG",
    "bcrypt 2b": "$2b$04$b92e7P.fxDq2TocYwcehyuzHz42zer7szZJ/dX5VX3ch.aYjsHfFe",
    "passlib ldap_salted_sha1": "{SSHA}Via7iimni7FEjyorBgZUhuBvbqGxdm4t",
    "passlib ldap_salted_sha256": "{SSHA256}XPoBA0YpWTomaEAQ62Mg2QFeZb4aH0537KfyneuzVvD1nhPC+L83xg==",
    "passlib ldap_salted_sha512": "{SSHA512}vwv0Xwaaq6GJhHBrwmPadrdaGuF384f4vTdJmNMuTatlwrAoSCraFguUMgFO3u2X/8LaCkaHlgHwotor/1cvFNP6/98b45yz",
    "crypt sha256": "$5$rounds=1000$v1i0jo9foyXTKyJw$0rR7z5DLwg6svXIxBRqZdVrUvznDLcTfKSXLklBBoq3",
    "crypt sha512": "$6$Eae5MhUMn2W3UN96$8r9VKNK7vYC8IePLWFatW61xt.b99Dr8.n7xhJn6yv9hHwm.vQ.s0VrFvlJ6QF6AiSaAU6aHhGUMP6LgAxCki0",
    "crypt sha512 rounds": "$6$rounds=1234$ptt8u72hwdiOI2Im$mEfYQ4huTappdFfh7BGl2UKpPQ1hq3YNTDidtdXa9tR7x4Rh1b/zVX.igEtvtwH9kjtD2hzkdoLokK9t8NSTf.",
}
