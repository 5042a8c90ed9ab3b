"""Volumes made by RAR, which no program of Debian writes: stored members, by the three ways of naming volumes.

From the tests of rarfile (https://github.com/markokr/rarfile, test/files), under its licence (ISC):

Copyright (c) 2005-2024 Marko Kreen <markokr@gmail.com>

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted,
provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF
THIS SOFTWARE.
"""

from __future__ import annotations

import base64
import lzma

Volumes = dict[str, bytes]


def _volumes(packed: str, names: list[str], size: int) -> Volumes:
    """Volumes of `size` bytes, the last one shorter, out of what they are together."""
    data = lzma.decompress(base64.b85decode(packed.encode("ascii")))
    return {name: data[number * size : (number + 1) * size] for number, name in enumerate(names)}


RAR3_PARTS = _volumes(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5<0=aVL0teT7)nAAQf0WHD*7CYZ~Q@I@|%%;YglR8*S7O34&*iVGG0lgZrC5fXA4-aRdpW;"
    "+6Fe+G<`}DNi3LoTGY$upDz<YZQ=g!B<c-%s|YfkKUb<}D`S$_=QD!^C9czhd^tq^R0RayQw)#<2*-3knJ53@{8*(DIGj$wkpGx9"
    "qtrRw-PKl}xBuxV+k8s)kuf;8YSdE;wpXtj4fA<URa@FliJ59R{+NwewiQ>4!$?f(O-05$J*%3F1NuA9eoo*qI45@5%{+_n;Ip6A"
    "0p}(6bB=e3enFM)o80Qh7Qm2I+R!v<PmxHYyWo0yzfC$F{w~+beWpM0V_TFzr>i{F$kl~5!(dD#m+5wu@j#tOnZtMm%3uapd&+vR"
    "DemB75?!~%FT}RwMDsz}AZzjNDOG=8@!o|1&P3M0R&hs`kJ&Z-6}hb&#PH25f3h{i>Uh8_6xL$?2-{wp{iDN99=l-mOqOFPl?qIp"
    "fnO1vghNXdx{a;wa4<k#_c!#Jn^c<31(!7OGXKA@@T;`_nu%mq-MKE7E{g}kM0ca^sjw9Pn>4BWqtw~hN3i2x@5g2CF{eam`4txK"
    "Z0Ae9%KG!P;F<ls&*WSd=@yiRofLev4(;W6iSa!KOs!QQK+wV6z+h)Wq!DJ$Y?SynF7L;<NraAD9q31t`W02vYH_PozM!hVRHmks"
    "t$v&#?t5gRIu*iGc%>L9MH-h$F09~hPhU;qZORbtpT;^@@8Tbj={jjcobl4<_1BA>``6*A;`9^B2jn|zKth7JBLun8!)WTe&g5*8"
    "zOChG)+}O`QK>YDEhLpy^eo5?!Yy8=1)?;&@QkWj+S}wzL}^HcRCxU%ZVX_5)Wa|s-^JdI&=-q;XQ6(t!A*AkWmw|mu`23pn>clZ"
    "|A;1?_K^3_9*B+DOWEF!Cd#6F3_i~@5;D21?J@bPM`LL&+scrSNKl1pHw(0xI)+<zTPf6mHjF|c)^ma!CtSB1bA3YJXGzR%K2LGR"
    "f*5a(-h_SgGuLwKOS7`E2ZH6C-VJPEhatbT_7T5<rSK+tKO{Ht^iHRwOGj0kW*I=R2E`*f*acI}F-EX^tNB-0`BlmPtr-#;e{sN>"
    "2V_CE3b^ggQ6B5eoj)u7;-1Hrh%c5njp3OI2LaA;LIz5H((@rZ?Yuq}=6fVSPPO1a<ym%<&pZ~ryXf#=jzf-(lh4T60&gM+*Kodv"
    "bM}ZiU0L!2fP96Qjb{buG&=&7#i4D!fL-{!Zuhcha8Q<C2Z%5HVtqiND(e1N?FG}8vnq9{wB8$++E!jqU{QJI4cyl;Ow5zn_)DiU"
    "#L_)KSw?YY;|9+is;Y+i)fGd&4_BjI+1|f`a1aRVf~H=KhK@RfMhI3k+~JvHr5_NpNH<3-e$G#XvM~g_nMA6S+WNwI(va+8+F5Gf"
    "<^(5xtRvz!+k3XM1T3e*!NZ$`YS0D~uJh?lLi-+0RMn$6Dw%?fHa+tKa2+7@Ct{Jxp-SGt`v`=O+UQsjy%*rz;NPXRXUBvi3E=|U"
    "4Sk8=U>MPwV~YBmRD5NZ=H`Zu&~RG^#*{49Akv7F1@Na2L>ZNsuUCpJbZ7eQkU5`>Wl5nEg7;HLyOJV=WfP^c|9A47X?xT|isW*9"
    "lhQ623GF4mf7H`P)23dtVIu6AmDdd<PuEmE9D1w8&&a?o=SCb~7M_mNz=g4xQmEMhun1)47>Kj8F@rpF&rG-zfIB+_H<!53s|_?3"
    "P!=d+(9&^eBdrt^O}ksO(!Cd9ERiC-FDL{<6g7wZ@-*J&A|8~k?5uIz%EoyYwU_Npv(v{WPO^iow`7Evd|MC*f}iQ+w0#@YKm=-I"
    "p5Y82iI5C7QBg2UAV8>n?)Rdeu>hRU+jWBNBpbE!gLaFm3OCN&0cFuurWG5mu983uW^+cVLa2rB9iE7P3{2HzNbtcb#kkj72L9B1"
    "C)YN+-ByNIQspDXsRLfNXQ$l|{bc-ZT3`L-<~k_&l?Ou!J)xdS9D<2t$wgPpt1eN8W;1e3!uJ=Ai?28_GB`{~^JtBcd4Wa+0155d"
    "yDmh<n#Z0(%5Z$CmtJ^RB?>1#IE_#uON-jgX7!&-000008LO-ZxfLlC00G?$jMNMOPVK)bvBYQl0ssI200dcD",
    ["rar3-vols.part1.rar", "rar3-vols.part2.rar", "rar3-vols.part3.rar"],
    102_400,
)
RAR3_OLD_NAMES = _volumes(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5<0=aVLR|nU7)nAAQf0XeXd@H+rQa1iy1(-*qVDf7mxl^3F~-SQmiH=q^Zkey5voPQ#uhT6"
    "p-|HADD7IBOUo3BhOnF#8vG+6E}&LQmbQsXfCJ=z))@hfu9#l1Pc2gq0ZZB~JMkRU{*k%+2M1vA9O5E}iVYarLg5rBI{cE-Mbn-O"
    "s%4>D6am#rGEgs>B|Em|-vHL#4G^c9l2{5Q3=jnPJ005GfaG*LxG1M;db%N4W~!{a>?}gKw-?$ttdFG-*rBISQ+ikU)p<#4zID75"
    "SDl7G0zwPtKJ=%a{9P^ZKM^H25}qk#a5uep>l$%Oip4t~lTxzTYY_yyS_$mFgAJv*-C7D@2RPw)W!ZfoE4%iB4dJGk#D~q<{QYBl"
    "+a-6q97RT)OUXvf#nY%IXndjE=VYbFsS-aEt=0^^7!MexuO@d{{D~g#DDT>SZ8~&hFg>w#+eAEu4_W^qH(3TS6U2TfB9f1k{ZC@{"
    "MdB;oY<aTmJQp`0^LOEG9cha|W@8{))5peuh(N{OoS+PdClxAWQh3i456*Q#W&yx!#0gxq2^Szo`LmJ^YA3uy+m4x|Pc#ku8E+^`"
    "b7E?u%`cH=Bfq8(b?-h2Dsi9*j3{cce1SW4gu^3A;1Q5h2G@B1q?&TYzSIaR(8hzp0m7l}cZF$F@Q$-KpFR<4?htbYYjDe#3X*&@"
    "Bcoj$CLJ3RHE|IA@QBu$IB@+ANc7!_6XT0>`RWK+gdhXH21xsW(gSi~Xp=Uk-9|1Os6yXQ;khGc?<{$mW7Q=wYl-xd6Nt9;V~EKe"
    "?v^JWv&?6lmqqcQ+!kVxV3?4x@mKBQSKUem%PRLkbL}-JHl(nPn(RPYrTd;dHUkykJ_}4X1j(BFV8E72L#D&z^n5!^lS+Y*_4<JV"
    "&*vJ!1XOyDL)}j7M!WIgZ9fvkjt*MD7g9@hIy>W^{eIm=^>I##ik2r&uUV+35N_7actibYh*mqT81?r!OwCOWtsQ|%+|5MDu6ml?"
    "q=RBhsfW;$Sh%_SywVS;nbCo`ft_=l9=qh7suWEZa6mdo!Ns&v6Qi+3(MoB~KOiFUKH+Itp$RzoFjBSn9Q!khAFBk3eJy=kR(%?t"
    ";5522!w_?k`WG3+g5pD<Txyuwy$*+9`2O7P{#yT_{)0lsAJ1j3$QA6py&vZj`7m=`5MVB&wP&&yLw#R7Uf51?6pl*Jc*^{kSiHjC"
    "!t9?D@re%s!t{=hY<;@z=*m%PZk%mu@GKnVAcrji2}(mnIv)nAMR4?AiBTv+oi5yFa@x`dMH#B&s-7?!PA-&~=b(d48v(yrHC@F_"
    "<s*cF@Iy2>ve+5t{d&J=QBmCGvP*E*gyC);F}^yoDS<;UVR6!(6edWy;-Ovo9UA%<)s^aW12FP*jqfUs<-=Nb2w8Cye9_#WdDsJl"
    "{@G`3P2;0AS*LucMy@7aXt_`wmyE-4$)(`BCisRf$raG#3;$hj9poLU-zP)+bgA9G0a&m@_5qWPT}?o|?&rz4HI8|{M%WYcfo~J$"
    "ttCtxPN(U~lpvWFglqc9g@|a)NXrE<3##7wdq&e%vfzQ37TADQP3CnJ^|M@npO|rZ<no<LS{C4tBOSpYnGPNSp=T0-5bydl%o~XD"
    "H0Pheng^AL&VBJ~a|ZP_1cWWaNROLv;QGDy`Q~#jd+fvIKOQ2JfgS-$q57c_Zxf<#-882X)}fAPCQx=cXRB$KfSo4x+eQ}Q1pN>|"
    "a4(<g7d2L7m(c08IM=q!eVkL2+R$qS_b2eV9MpcA%`~{uNC>FmA@K@x`2J{_qLBrU`|`kYaJPS~Z%i#v0omy!D+Ck$Nhlt+YE65Q"
    "VbDzG?v^85SkHvP1!%V03OJZoZzdV~lc1j?X?p6*oTS2D701Lgq#?YE|8<_{Z|B8Igo}i0S54^xe_C`=IWac7GMakr3R6`0)@C-m"
    "6Z4Jp78OKULF4xdrPO)5rx*SY<N`bZwQCF5oKX6ay<^N+D59Ci17JG}S_;I93e4Z{a+n4`Vn&lz1GAjb&(4e;*?eQlmxou>!E?&s"
    "2*&vSMdjK%;N<5QW=KDX8fCn$7bzrw*^z4)u~b^wv;Y7Aid2!Bd8$&c00G_%jMNMO;GZk6vBYQl0ssI200dcD",
    ["rar3-old.rar", "rar3-old.r00", "rar3-old.r01"],
    102_400,
)
RAR5_PARTS = _volumes(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5<4kuT^<4ld7)nAAQf0cB<CHK5t!~Y!OP~7OkYCvZT_P8J>FAT~3q~)v^KLOh0YdxsVK92("
    "{a&B1CP5xAVg)3GdQB7LtB`NGM#*Y6l5L34e0!PA%Dfn7URC7eg|1yhst&Equ^jDt^7(Fdqat|y*J-!SP;)rn!JgHon4C7Ke814-"
    ";d@*Q%%HpZ@Me=6*xFJxc4j-exFQ|UE4pILeIa0{b)u@cu#T*wu%$r%XD&vk?qCq{m*ab|{bSou1nvHF$+@z5NMho@x*O=TVa6(4"
    "HhmRhf=3RCmDg%@P{hNj*wd=YcSKe{4<^nWoV}`(eys~f7qZvH-ydE-2WCmHAG>rh*q?#s2<JT<mX5LFbB1Y<Tuy7h5dTq|>*}6)"
    "H7Ts*d}kDLkcL6C4@<LQv2uNqW`Y1MC_h?`LlIKCUh8%+`l(eI(x$$p1~mHc0~~10<y_B+gOBs*PWxFaR%s<-1v=}XT*F@K$v3Z~"
    "B>^j;V8PvWJ-Lz+(<J#FISw81t}eW61TSgSiarVTQ1OPRRoKw+PS=#u)$ID|TxIR!8q=%#Xo1g~^lp-B<lFFBOtalX4O(PYXijqY"
    "%5+sBaT$-Jc<#<0><owX2j93V5qr~?0`*q<TkZyH?@lR1e`2b+Ro;8dsg;cgsOU$&Y0M9qlnWYU8i^!pCA^G#XN^a0S`%^T41Y)&"
    "qb?)~<3R4kAYDp>A~m2Rfyu@Or&i{7+0FTP*NYfM)@6Dg<Y(JV+;2D}c<!MnUvi>I>#}ih!;6J;?#dZV@jg^Ve1Y_15ePs=KZOXC"
    "LTclY*<hFdPxx0Um0<vkVbkxOQd`S${srI6{PyeSw^^EazSI3+9;s(B-nBIlJ4SIAk_LAj(rtEMe7PGW6&*33o25`_Uzn~@l%OY%"
    "6HJ2mcl4$hx6EwDlXoy8*&B=RLV{_5pvhFW6zHqceEK74H|qP9_3YBU^j&BcZ1!fBR2gK&bYXRK#RZD!#j$MYD%Tv-Ahs}v<Y2z2"
    "8DiTEn`OoKoe2MV_B~q?)%@XMcCcs#myv!QQxDUMkGa3XJd?i=&I*RVNNn*6AoTkyww29d%Zy%bYS5|j<p{F3uNjH5<BpB?S^Dw5"
    "MI|25s_f1J0VZgL8ZIVHvcGAEOy}02FhO#c2h*BF$A07qNV^X!is}dZSp0ML%1`9$9b~uMHCl3%QAeW+B4&m_H##wy8Uwp@wfLEo"
    "PO&KcIsdkRVgamowqG0Yf>J_NiBoHLDDj12QQ11o;)Hwsg)<RR6t3nwp<78E-qWua0TI}y_bspRA8pbQ3ui6BZ@`?s_zVu}I>5(T"
    "wJ}*F_N}0gs-zr2{wb^I05?!~=`or&N;}7sdcxEHhEN%lpj)tTZJB~;j~!B0DC^qXfM29|%wxy{w<j*0^Vt)sbJIRlboz+kFLgiQ"
    "|2h=W7mz!}x`s78K0;;^La^+#nTuv~eX5pA3R8t1JHiKYy87bV5`4FB8Aw4pFGVnZxGWEJAU=6Pqe515LRnkmZ5Po_P^DTGBk~Xg"
    "VP}8SA9rpO+LE80OT3u(q4X|*cMI3`?=n%Ye2}XdC4%Z2;iCzA+=2*ek;6v20=0wHmnRk)TM21}H$g|!$58za?!{izydO@G6JXMQ"
    "!`h=m(HX6TS7b}!Eg^V+d-s7pTcmii6h9t=xd>%54pml8I-R`4@sF~T((H<=Ady?S@7m2UtV~dpTM3zNn^G8O9O0zEC?_skTb0fQ"
    "7=o`aEV^UpKa5FY9?Q$25Wri>ukmVQ52eCr6-9?%oTK#cVqU2zW1BCQV<W@gSxzouGNzL=%TC#j?8pj0D%QZHr_cTp(1|GNmK)5#"
    "o}bvikqILULbKO=tPkjhkEeked5%Zr9~|wJ<f`ZYQ4#!QhzBT!{Iot06^ct?-+$c|XKo_6wI$G=lqie7l3fw_Ogp*B4jyMk+_wNT"
    "io~BANBJp4gTB+Qpf(jGA_G_>W!Lx$g~zzVZ^n@{Wx0ru*yQf}0H(5?D+meb5%p;aJm%$Q?fsv&%r>oUon5MW5>xR*8qP?WbJ~N*"
    "VWiqbO-mcvAi;}Zv=#cE13OSuq@}NPc(d*U;b1(zeEy#F%SgUyjVNFsN=>z9qtU-12;E6oV?pY?ge&I7T$oq{tgV-7(SnF`{(@&N"
    "lQG<}l1PT@m-?;k?G%J}L?k@?b|wvl)93&5^V<o*WAFn&+OMxkg=XB}Ye$<fK`gRf>;83b7;o}r?QpUWswF3l(>WI{3Hb^KG#$*q"
    "5}R_3PI;v*zJ0lICHL)mzxI@~hN#Xf*UGaN_bFsfQmFcSDYl^;*EESMaVXqbJEc+w?PQjbAMuhf*>?gUV{$Aq#Q(?J*w590EM<33"
    "h62R}fjq~Q=&yCXA_wO%cRtY6xGcFGVycNZ+aS<u@4E-V>T@`0^`i$V+|xJ;xCGG7)hq>vx~*DBbzJ*Se_jY232xwxq%}^?Z#6y5"
    "H#NJl?lv8Ba&Qim@?Cp6fpqNLNXCYLXp1qG=QEy0Q8h}p*yEYqw4dznJD)IEKJ=!R`irCKjdR_2E&O9~0ZpA40^e9t#6?B?`U>yZ"
    "mUS1IfbavMoq6iume`NcD8nz40*ix7dhLk|4%cR(#io6t5dh{$1Vs%}C*E2qj_&;=U?|4#Oq!BeEu-a*CwKPupa5HLoSMkJt5#0e"
    "sWvS-OyhxZj9KdShRH$OT$bw~CrL7CfBX+!`aGJ%`asA4quHkla`eJ-<C;!V&JDCP*#%s88pFWybLEW2*j>i*T&*cdp>rVn4Q>GA"
    "YakX78742e82-Ox4W6f_9bZ!TQAY@haGV8lpuNV)ef2v_tw|(lLkznSzEqj=fonwSmtO06C10vZh^)v4afu{)a`x%&0X|EBEO8SS"
    ";v?zub@&%SPv7w6;wF6+iz~1+xdEaSw)i9&Ffd+8syvOSOwWViH#N@ohXDCsU30>!A<v6s^O<s>MZt2;#t9N&;lIQ`Kmvqr0Azu;"
    "%pJ7@A|NbE`}lD>?mB%%eVzf_y!1u`pd&Yw{#^S^?=~n=rQ}jyzC`~cfk&}`kLsI#!{{A=zOHn2Dq-34t&3VxB8ZZKR*EaOypI@^"
    "K1|JTE>8gfglg+;8<sRpXH2&e$5G;%1Yo)S%7w^!b#vJ{Tj|zr@2hTnL7YrY$YQ}!Br~De;e)o}z7X6P@W&O=$U$?+Dgf+|&B|4z"
    "|A^BXs=Gf_!Rah1*f!j7o#yXCJFRDQ`GHGs%}vPUyT1%<5U_cy@DqoCPgCyKz&lSNx$;2t$4#_cpB~=W)-0j9$W3zyK0FLvJ}lMm"
    "H1%9mu?fG{_KZu0K9sok3FNFo+WVmZ*a=rz9=u+U#pF&3=;{6kHqi+KR~1rWp44iOE0B_FlK*X$C0U?)e`u8%QNiBW7&%@*gMnZ$"
    "`M{;QydpaZZuR17Q2m~-H$`e~DH=bd;7GbQp1^;xbZ87QrY8EODm`rmu9<x|T>#+bM6@A<i+vtCqY^Gf!Ua9-5_%X9U#sLAnpcnk"
    "thC*#abJ38ybTqEDhH10H5F#~wd%2p!YFyXD;=!3cbXeLs-GCBVD$@dwuZ$&1)#aW$yHWy=5y;~;q?iT(8drtn!3!*Nz(&y?SHiV"
    "n4aiRY3+rTk!PDt1Ag{C$+yJaS~CrG#!fbLg*Y0k)Jf3RReC4?hvr$VOxYtovz!!f%$Y51cdkgMecgPheqng5pI1V8uSPfNS){l*"
    "&SuTbUo~r1D;+2I)TD2aFgNW*lQGA{Y@LW^CjiA6a4B%eth(_??PB&JOWKzD@q1e=2(T`15@JCMtt_5gs@d%VJ3PP5*ngSTI~b>U"
    "Awhaj=my<+U3mRLE0J?P?h~s<$sai#D<K(r80%fgv&XCA2V{c%kR5K4@v(PqbePf~Q=hg#8pm*PL@6kV`r5`Td<tMU%FxL~VV}>#"
    "Thk#J0FD{jvMyd9->J0#V<b3YS${svg_D<KuSgnHIJKb|{AR^@7d^k+EiynfznIDty_^JV>-koQpUyf_c<(y)+CH%g)X;U*V1PQ1"
    "A@ml03BG9Zd_osS3nB;=_%;55n&wNhr)}5wq?ZfdgJksf@Mj8K%?G+4w7NOUA))I!Li%{p-6}zm@y;jNR|bTB9Ie#$wmwJevxSq<"
    "$HpHvnFPQJHUk}+3I&eu?EaIy9`%na;b#F0^w4()gjMT5yt=xWmR<AXwVOxsNupVO8%|rpY>I^~fyhn+U#Qv$jq!tdzGXiOc16{F"
    "6=o!SI`rcZ1axx{<oYRDYawJ7l44X_3diKcU>=%vv@4Lm#DTW19`X(ff6}`g#XmB~C#Y?6^QqnuUOHEBh8wz5aHYN2Smq*C03p?O"
    "O$f$IL-IFL{5EdIhkTd%*v9*95nOg}n(LE<*(9P7B+a2Z+eJYLS+e9pFrmNd)Deb^E<Hr5Uop;!NG*)NI>ycPa9az4O}#pKEtAx9"
    "N^?--kNKMB+OMr;eM3~#4;&F6hfu#R{0H7j*)9X)-=O#wm=}`x;4TzQZG449!SE+ah@~HRCZs+i``<>)LOWtN#Gq@~P(uA9nP5H~"
    "=EHCjbDAiv4+4(deO1~#r=}AukrJhl&28<?K8|I2f5R1*wjjShe3Jf6hNXzbb+%h>jni+;;xZDem|<G#+x-O}3Pu1cPf_%Nq1BN^"
    "1DC}D{bN(iH>I}Rjk8|uPEkTLjGO!gS&i8Vlid~45e<L8vbl3T0(RD)8_m)T>&OOaZ9TfD->SKO(1j95sKG5K#fDu(2Ei~1^)NcN"
    "Sg)}YrTTyUj>$x7<2=>&M-a(^!Bq-ey3Xth@KrtTzg2HDn8@Z-i>5dJu=CuIYP-K0=jgpTtUWUCDqoXGeN$NmN4z&zoMi6TCaOBD"
    "anh3tU;{*E3!ru3=0ZQvZjeO)uI1+ELaa}ji1JllhVjvha#Y9iy_yvgV*dqsSH(k?bRM7}994dtg1IfWeO+uFRz7WCPiQC!f<HoY"
    "x?3<0nNP2f8^Qi*fxOYP*uM~{2$UHP!-JR1+k+OeFoxacI-Bzog0@4wTL-Z2%W3U=V&c_4j{p@U<4v`?mxh)imj!+{0m*N2a&-$i"
    "D`|eTGee>k=0`sQeguZI{GJ2b6OKYkJ5rkikf35Kw|FrtctUUzdgB?S*Ms}Hk+7LSq-1p4_bYhKLcl+tIY0n56`pzn{uiz@2SWNv"
    "3QY#skorDafCh{zNuRPVzT=099O^F<!1KlNfXwpfJMtwBt!wF-!3GBxXs0C%KpObD@ZVxvgi?ds6ytK>=4UyPrK7a|e#_5zyB%jp"
    "%XXmja6jqWO@cKOWeU!Mt=#CUs(a*o>FRg+j@(I>|I;3%8Ihdi#DJz)zB|T6n6~qBMNP|OSajqQg4?prO@SgW1X95Z#|FFhH`q31"
    "`e2V4D*b2(hh}94lt+=Zs=aL-x%vAzh`Y$FkqIR#Ud|l^*^#+a1DV5#Jcx%bGdXN%nR9dE8U9goq-XRhdLyq_(<w1}pH~nU?ocC5"
    "#S}eZzH-V9U{NtP(ho+odqi<iE!~atcotI&dad*<e|;}??!WpT)pJpk3?v*btJ`MO^byr_i(xZ@pZbMvMHr2Lta?)$5e1DBAcP;&"
    "JhkBevbAP5rX7Rk09>#16>MzeBF3l{P?VpT-_L+%?u|6I8t0=07pR>E5NYp)@X-SVo+4?(yA5x&qG&1dy<<~EA+NpVbp`OGI^|xh"
    "5$dXrEY^3d=@vM}Jv3%BvVR?XRp>p8=KgA}=HrM285K{hoPgqmF)?(s?zC~4&f$Ap?SelF$v_xg{q|W@B5_9ttS#>CCJv)d@=x8D"
    "cWJFj_U0aXqb}9H`9F?Yy?2?2+*6X;YX9UWa?^mk))&j7HQCzt+LmowLNCWG!&}Fy+m~p)aPV%g{N)HCTHqy~!zS<NCO0ky?pmcO"
    "rT(f_w1BOt%SHa|z~U3A;6InFq$O>e(?bJ@qnwU-TpaOO*PwmkBi<_AzIfKU4zi;NZ1&aYEnu|XWF{~F(QbC7;>Q`q43mL4ryr-z"
    "t-~ONM4U};{?fsuAfu9a^Xl!41wFC{3G?joHH3()rV#lYhKX^yfejrtfja8miCy;`%BuSm)Ew7N-0xs}X7<$G$dUV7L_hF33o7r4"
    "OOZ5$WUYsUaKxzpjpmX=(9wG*P2=C?f&f`!Cr}A5>loQQ_LE+AIHuO$1=6t&F0?!|XRdNQWQ>GN|FbaFfezFDrVrhH?fY2AY6ehM"
    "mL{YYdhwa8eyp%KF^eLSwZcT<GKrcS?rx)ek{tn{<?Q@rg5|bv3kzzGvS_xQEik7hmxc%cOy2$isbSU?s~pbaT<9)}069i-dzcH5"
    "p?DL@)6cGv=l`%vxF^vP`s(fp!3jbobPDVEd+iHM@RszuU1w@c)8>-p%t$QZRIf}OGukHPzG1Ubr5$>)9KiP4B@gm>LA-|vIwp$^"
    "M0nslZ50eZa3#M7?3VdC^up2Q9#GnacZ{5AT+#~r_0;`uApM|OFXB3^UILwdVO}$Ww8nJCp+bx2y~F5@EvS43pZQ>~>@<71&S~-m"
    "fhe7h^j!!y?#C|Z1JiCb6Nr#v;p(3tX~UM0`)Nt2Uuys5x=Nbf%ms%6&Uc{+?HnOTFPF#+QL`RA{`1!J9H4CUNDV!X@v*E+7E^bz"
    "x~lcIG+M!&8Cx58rntcwvpDjmICL!Z{zwu#o=<%JBd)0PsSWZdH!pzg{zE?hkv<?Act?}*%KVov$0*$JAnTokV}DtffZK}XfFY8X"
    "-*b+RM^(?m^02-P%IuQW-VyMJ6IpM-*1S(Z54i}_qITWcCuO@=m$3j62g{@Wa>mu0ItCePS|x&O8T}GHpN`Zle)X|&-hW6zY>TYI"
    "a6&-;BNV@q&2b|e$jV*OT<eu5{G;jPn1Tuun|;AzpHmmjegmJhtO|_>LF;K1Hl%yGn{_k94)Oq>P1i^@BIW?PrAE%G+bGzA-1O_#"
    "j*OxssX;^2zYtz9yp6fdb8d->$R911YPs&zFpVT^@IxmJa&wPy%4kk-f$N@$`nG$(f5H=U7ck21bj|BM@f48s_>1+omItr=Zy49O"
    ")wFQ_HBc1_AVtw`XwKCLyUJ3ZT=!Wz9~{g<<yln$A|m6U1j?h4X1N}jF$zsIc5LrY{!s6Qz;#E(Z2XF(Hwe560%;xN)*>jEVmr6~"
    "2CGv4dspNN%>Si=ve8SE__RdV_w27YA9$Q<aYMQ(dI3TI>Uc}k{Tk(J^g{yZ9p$@fsFX2F!&9R|P7l;|Gz5YbsE&OWF=RUd+<_>t"
    "!V``Kl9LE}0nH2*jAnM<9s4^PO}wuneK)l-R0sr{eCqYTYiiGvUc{IVXe>`ZOm8i;s)sFoSswPI4oti{9Y>+@aBw{!6EB3RB@xXk"
    "at~#=j$ax+CK5R8a$8|uvxuDti7JX&r#T{fXl=^b!+Qx@e>?9^ys_XA0JY+|TwN5)%<tcXwuqgl$)znpK2@M;Xdq!BYuw98F?6`7"
    "l}Hw=2@7kl)F1lPF`^XozaidWwxn{*V${-xQ;tfZbN|a|T&7b3YdqO%9IB;SrwaK0`~notKZLAd(hQ&1vUG}K!9$pgV$F_ic7Ly7"
    "a7vi5E3G=lsB;ws{Abt!=R=~l@YNiw!s<4^2x6ny1<6+MYly3kszlfc6Pal{>Kq0uA{jX{#*Zl>YIHGEL@RNYGZBIn6hSyinQD}Q"
    "2Nn1Z_yQ&?gsgY79v$#^JqED29viyX1i4c4HRoQho!>+$T{Vy?IIW-PRy$@xFX2yCUQ8JjJ=fUAKmYkfm=>{)!(MO=$Q|trJpgUW"
    "!_aNt*VtPrL-v-5OL4k-Bq3)&Eq_FTVWU?;qnaXoW}IKcG**S<{mRJ;@6&D&o|Rx%eN?!Ztj+WGvW5E_Ma-G(*q=f4u2YgMyv$*e"
    "j-xZBog=275q4?%$O?0&_l1aX7!vA%aI$dn1s30XeXcjbMX$UVZ|)-<?#~!v=?YlM3ee<L{8~sq=HxLleSscHr!KK3+okWM3H)t}"
    "*Xvn_Pm<Z|$dI-k-ZujcVrQcq?7zhf7!a^A^|)x=Vm%!VB8N|+m1{hSJd|PXsVu-_)DVQ!bH%=Fi}-UmTpyFW^4y|baK8rZLz%y8"
    "2XkJLdL>$xu&)$d$6sazWMMF=40tSJLtC5W0{{x94Wgfw#mhnUZ%FMjSJsMpg4*9Erf3W~Z_U%0WlG2Xe_e*1>_9TrEwl!_H^wqD"
    "3t}xB=5D*Lj6|?2{9#2HMDlB9#)o)baH3<;3E(ze=Ze0BG{2bHEVn>Oe+5G6jNI`|wP1T|pl6d3UR4<<YlUFPc(lpZ|38|_$nLXY"
    ";bCFx)tS#6vX+&M_cUGEXD%im)(CJ7<`k-mM!pxAoYTQkkKVcu+`RTnht#naQ}O482=g%D;J&KYBbQ=)+vxc$KT{@HK$$g*VUAYn"
    "1}I-b9we5`&Ucu3$H+WM@L&mp62q`jwBKVPbdjlrjr>y4Ln^|M@y8DL2PFw7C^e&^(h|puC8s`B6^PrY%;XepjhNP+N#s~vnGEU-"
    "&T&T0*>9b}TLBaoe9j`GZVs2|d{6g&?5uLk&;HZ3DV{<YFzO&4%K4<h3n%N6$)%)^l~2`7^EitNRBvP_Ke={Y+7%&&PD&_xH93Z;"
    "iGU?9(CDY_qCjVrO}Dtz9x#tq|55aAUObzA)X!bE5I@bVrC%h5X6}svqhfeDx62o7-;!b`3_ggVm?=4Bq5N;SRO$l0MV1?xk@+Ji"
    "PK6l<#L%>{+)($p=>Q(!1u5Luj41N#D#^vy=vovi@#op=>ptOA!T(=}(RGN#?^WsqGrf3MEq^FtI;{Q6r<y)}X=1KZhhdVM45v4i"
    "(FW9MV||>G=QWC2P1!7gMsb(03uGFKFsI|4-#PlYIw@vVhbYjNW8$Mx37ry$BYEtb)SivEy9MWeGjf!S3Jl?iM`o9?6X{Fpb0H`Q"
    "cd2%4dl6$zuwasC^9c=m{AQlzwOZU91_Xt4XJ~v_d&-wxc3w}|UUf@@U+F`p7E<%#hhze?d3h%n5I@15ruJ<)k6VXIZwP+|P6scM"
    "<#a?RXXQ5wCqFYFu#t%N9v<n!H?xv&qwqQXvMJA-zCRX6LWF+#?mm!`ebkvmBu%6-U&|1ngp289lvXKA7dK`A$+X&!uCY~**wLBl"
    "Le1r)(A*;zeYBvFKnfp_gZt8jg{1@K=Fx<_C@Y?gh&QzT$nsiW$Ak%M(q<kFeol7NORu{-e@k%Q3JG_J@wLxyvNX&QSi?Oc^gKGT"
    "5lbK17!_wVfwi}}6$L=|SnvE6IbMPkkC-T5qgUY08zvIo#1$qa2&Aj9h&ie}uI-BdLPW{&icKa-trK0Q0AgATw~py2OfrAsD473j"
    ")0VetpdL<QK*+jd6zUT!qvC|!Osdvbn(Qha|Aw{9jVqjd5i+C2_GV`DIi@}Ed4!;oc>o!^qly}u3KqO;ff0I_{D`%b@=|zKr7O|M"
    "t8xqWA40zVS90K)&y=zJXp*=N?G-0hWK$}lrF+NZ^k|jwjljQieVQBd5lEqDv)<URT|~fYW)<Tz{eeZBa#u6Qi>B}=<kuML%OOlb"
    "EqtyMZw<aTzH-TF>i5o`Wcsq6x`E7)E#OG%52aYXm`NbkHjv{yqW#>0h8s)V42HZ1$zRbc*PMVqq+5Iz)!`7#-LkN&Bm5Y&_P=i;"
    "i{TtqVqr5N@q?c%7*iDs6Jp=TvV9Ni88!aF4)?MM3nQ)+8f5gL^F{S6`1nI0Ha_OpK-w+>sv0k4x>9kL7!%8~E`&xBx6ydKdsAl#"
    "T2o!l35}}K3guFMD}a(DfCc^|NoB#kC;TP;DJg4f)%Q}Y%6W8H_b#0ajW_3$yR@D2Fvv}siougyQwCvXqaP!kq!!@a5__Ct_oYwV"
    "a8TD?nmh)L?8kI5Nq?MiT48_;Vam&7M)8UIWyt*jiM2dZq8S9pV8lv_Ne_Qe#ryjGGe5yEny!*_m5egVE3yMp&}H2LKuo;iR!~@O"
    "K@Nj}Ct|Ww)zh6tO77Qo%fN!6UGK7E|B~x#v@TeCpF;QQ!ksZ;I0?)kNQw&cs0cNl6d(ssG{vdSc7q7qO>;)|>KpdR;e=8jr(_Hr"
    "2q#_WW4kiBPmYeNGQ<nYaU8MRr=Sc$UsrS(iri>-rFoUr<3R97nQHJw|9*%rA!D%T(AMni{qcs5{0hyAUz1VzNfHgRPqKxUyw0n9"
    "_c%7334U$LkeIR0R?=AjzewKL>VXbm19-%X5krYI%w!WNJ>@L(v5RR3wGnfE5w(q5AMPD5ex0IQ+~j*(u_%^mtD46wV-CkC^%(sS"
    "Ir7d`el3%iT%y}w(U}kjCUL~ll8AY+(iI_Oef4p4ASYS5JuUeh7G~a*9%)31vRXldd3G@{jZ9E|Da0l^D!p^p?_Z_oTQ9OiQ!65D"
    "T@&Y0g2u786MU=#&Hu?efT}`!&Pp9O(>C_$&&#HyADxR(Vzj(f$^w4WM&Q-g8>zj=1>n1^BQ0GwS%GkUoek8`eLy$TuhW5hZNM~c"
    "t>HfYGQ`Tm1Gzy<7TcKYM0u|8i9A2^{U0eFeRuy!RaI`b3@8)(0C6u;+3%-RW|KF!U6>8?0pfAe*t9#3heeAHVZ;nBY?foZ?KmMm"
    "UsHBhp%c0Mbxw`Ot42}Ao5EoYZ+)MQ{DZ(9LaA`^y?HbwJ!ELr{m$Fj*-%2r&VGgqM=%3Y?C8qRW~~b5gP~aekpX2NHVatYP(1;}"
    "4PQdKv*%1}oqw}>v$3s;-&;9cZDYI8&7OJ3VU8@cn0X4K2}7nlvtN|dixQ2p{~t@A5A@=T_MwnogdMroYxKcpP^EXk*@xDPIv)vD"
    "0!Uc`CJtr5Qh)&=P&;&qh5B-hIs<x{%Dj^vQ*NpxY7eGs?O7#h5P`rhzY13()e={Y4l1pft^WRVODnKVxuGJdZ+TQ>3%C3)ygLcv"
    "q4MY}F-rS_UWL?BT%#QbY3NP1)${93$k*N=97$7pT+Ld>musAq)XG0OAD`MuOShUlqOAiE6a_#f9acq!3|9aE00000l*~>;o#4!$"
    "00EIg_?Qg<U$Y=GvBYQl0ssI200dcD",
    ["rar5-vols.part1.rar", "rar5-vols.part2.rar", "rar5-vols.part3.rar"],
    102_400,
)
