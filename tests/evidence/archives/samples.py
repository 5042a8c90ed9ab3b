"""Small archives made by RAR, by Windows tools and by fuzzers, which no program of Debian writes.

From the tests of libarchive (https://github.com/libarchive/libarchive, libarchive/test), BSD-2-Clause licence:
Copyright (c) Tim Kientzle and the libarchive authors. Redistribution and use in source and binary forms, with or
without modification, are permitted as its COPYING states. THEY ARE PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND.
"""

from __future__ import annotations

import base64

RAR5_MULTIPLE_FILES_SOLID = base64.b85decode(
    "Qeko-8V3OY3Gc{n3jqZO1O@>CfPjDi8H|+wCjtWt`2qxhAf$r=#<CNBfE@t|bY*jNF)m_hZVCevXJ4#a8d{zZ$>((e7-dvtC"
    "iH+;_4DV?l1U_zNhFd<B$7!al1U_zNhFd<B$7!al1U_zNhFd<B$7!al1U_zNhFd<B)`u&oHebNSH9F;JgGU=%R78~p6h)Y%+"
    "9<#{C7>ay_@OZ@r>4a=CIDJ&Yb)mzyN><0kFe=KOX+>-p;<Ro{oNQUQRwP9u58N-OatNosE5MT}?eL9Sr>J+|0bJoQ!;ITue"
    "MH91HvF+snJFn~QsETT44D8w&dB+RD1Bnu>aAT1q-98VUL7*~z)7nTdI6SxGr583_33*vPo3n2302SV%Z17zg*~*T=V~myiG"
    "Z`~3a;*^gkRaHd-Ie4>cg@<JBZ0d2*A#L=SJLRk|i4sC-NF*a<7iD?L1Tm|`y0g0nUvV^iGP#pY&7%?{TL`1ZNEv^FmMS#T7"
    "qS-=O6DSUT0gM=%cp@TNLKfEned54kXwht;EQyo`n04V_nCq4I+*-bydaszir#*R2UgDgMuZqR~06TNyktYHJ3z+}}fFPuU0"
    "?V&v@xUDc33O$1bTTetX>JMw6MA2)TP;*`7eNgcZ~!0z0BT>y_qpK3>VGin!@rN^{s5Mg%!ele0}HAE1b`r<g96zjv7f*l0S"
    "R<vb96H<Vrgy)0~3B<tXt4M00TfhCvX5D0sw8-@%{4;?@bRYC?7~;xFPh0JAxlbW4IyiVb_O$AItmzjd)XRCjtWtnE(WUAf$"
    "r=)IP)zz#RbzbY*jNG%jLkZVCevfnTg!p(Y&?LJk&i03ZSYZI|)=?C@gtKbUpl-^cR*03CN$Q3C}800"
)
"""Solid archive of RAR 5, packed."""
RAR5_MULTIPLE_FILES = base64.b85decode(
    "Qeko-8V3OY^WlQ)3jqZO00sd8fPjDi0~VgbCjtWt<N^eMAf$r=#<CNBfCT{wbY*jNF)m_hZVCevXJ4#a8d{zZ%JE<U5M)$mF"
    "INR`Qb{C|NhFd<B$7!al1U_zNhFd<B$7!al1U_zNhFd<B$7!al1U_zNhFd<B$7|x-p4aLciQN>eW@<G?Z)o;ogQyF@_b`64C"
    "%}@%;%ZrocN!p0DuSqu*1hr8+v*9c=&hscJ_7kbo6uca`JKUaPV*MZtiXEZ0u|6YU*j}Xy|9>X69w(WaMMxV&Y-pVBlZhUfx"
    "~ZT-;mRTH0CJSlCzBR@PP3RMb<`Qqob;P|#1$PR>ouOw3EmO3F#eNXSRWM#e?OM8reGLc&48K)^r0KE6G@e|_I$-4wV|-S%-"
    "pfX~AKEu9g(Mu3Mx7O*S_2%Wo2PY8Z?Xa$%7Z0L>BGz2;jwSizbMD5C2cti7(KrFxuXGCrhpdrwOtP26cCvDQx!XKNO0cHSO"
    "IwNe20S<&MU|0?jHILs#eq&W%eT1*3{8!95O><P!txXDkB!B*ZPJM0UCjtWt<N^eMAf$r=%dckffCT{wbY*jNGA?3iZVCevd"
    "S9$tEmU(C$?{+U5M)$mFINR`Qb{C|NhFd<B$7!al1U_zNhFd<B$7!al1U_zNhFd<B$7!al1U_zNhFd<B$7|x-p4aLciQN>eW"
    "@<G?Z)o;ogQyF@_b`64C%}@%;%ZrocN!p0DuSqsfUi7HuUrI@$m2N?d<F7>FDR?<>cey;o#ri-Q3&S+1S_C)zs6{(a_J%&CJ"
    "Wn$;ijX#l*wH!N9-1y}Y}+xwyBswY0Ocv9PbMt*oo6si>!>rKF>xp`f3hot&GRnV6TBm6Vf`k&us$jf{(miHL`Wg@l8Gfq;L"
    "0eSCX*{`<bix+!p_yX@kH0iT8dTRJ0njR6jXEnrv<5j%F4o)G-(&<ijE+0h%MXb5y6YXZP<iQAO4@Q3FnfLVYR&WPM2KtrJm"
    "SQZ0>PTQrYgg-Yl0?YumbVk`40v!liz_1)5YahOf{Kl%j`w3r7_^+69n&zpeTACF6NdNr+b9(@{CjtWt@B##YAf$r=*(0%^f"
    "CT{wbY*jNGcICjZVCeveqXFx&^-VH$^L8s5Oh^WFLixMB$7!al1U_zNhFd<B$7!al1U_zNhFd<B$7!al1U_zNhFd<B$7!al1"
    "U_zNjL5Le%{A9o;q&!ye}Q8FFN(i=4W%mJI;SkjAmh;Ih|q7=kMG({GX@*fCvGwqYJFBr=ORPhkti(XJ1!OM?W_&Cm$CN2LA"
    "T$=HAxM#=f?$rk<9LhJJQ#W?oiKMm{z!CLR_J1^xBy<=xfI#l5wyrJa?Hg?)8xWnEQGMLjhwB^?zF1pM^u<lNNE#Jseuq@0w"
    "DgnV>tWL#8CL_9PsBpehB1N-yq<J;Hw-t|4f4g5o8?8F#4n+OS{;7x*MSTw;l<idE;WrZ%@5h!>x@B^WU38dgna%EREJZZTA"
    "Hj^wVcI=5m!KYvy3_wjM0&5d0v7zHl$N{vOVN16}N*)b50O(=@X*d&9nN>{>8g4)hq{|9lQ}@9inB_;`X(Q>s5%U)z&b1CbX"
    "mDxxsQ>%`Gfd6ECjtWt@B##YAf$r=)IP)zfCT{wbY*jNG%jLkZVCevfnTg!p(Y&?%KdBs5Oh^WFLi&CNhFd<B$7!al1U_zNh"
    "Fd<B$7!al1U_zNhFd<B$7!al1U_zNhFd<B$7!al1=-5-QLGJo;q&!ye}Q8FFN(i=4W%mJI;SkjAmh;Ih|q7=kMG({GX@*fCv"
    "Gu>4lY3)6dJt!@s+?v#+bCqo13XlaGssgMWK>b8l;BV_#cWQ%_4rLq9t=GcPMABOe<V6Audq0{;5;^6u*9;@;ZU($31p!oIq"
    ";vaYJ8qMn+Tl8%aof_{2-a&Bs7VqRKSQcg-nLOwb+GA=46A|4tR5)KLm0sZ;)@$KvT?|ZLsLw^w2doczMrosYgI1^x*Rt+#s"
    "xiFqInPE${$do)9Tmzwq38dgnVr5n|JZZTAHj^wVcJPTq!KZ*73_wjM0&0^gsiEUd$N{vOVN17UN*)b60O(=@X*d&5nN<xB8"
    "g4)hq{|9lb^G9t%yOgew2}1Ri1~|<=URszv^X^URDb>e9d}ky0|f*C"
)
"""RAR 5, packed."""
RAR_UNICODE = base64.b85decode(
    "Qeko-8V3N+kaGY44FCWD00000s3~+Hl9T`d000000000200000B5C116fkc9AOHXWm0W_pg63S1R)V#HqJwmUNP~-mUtEw@i"
    "%WxLgG_^1gJ&RvXoF0Hg@b{ElY?h2ba-?Ch-heFFo-Z*s<35OFhnrbFsP|8>oCADT&l2TkBP=GtuUgwFvu_<$uO#|Fy%1eF!"
    "L~g$S^K+cmQ+&@FqEg<d}3Il9K=h0000500002+?{Viwp4UJ6fkZ8AOHXWm0W_pg63R`zmA%cw}PUBbb~;HLxYQ!ylii7XDw"
    "!FY-Mg?ZDlQKZY_$xj+!oXcys`WXlP(Ch%j8LB5zk)ca=mis?{)|Fr+Z+Fn|qIY;SG=XDw!F0BmJ$VE}DqEolmFEh2AMTL3O"
    "}cys`;c6w-QVQy+^lq_`Ml2ZTx000000000200000B5C116fiCT5C8xGm0W_pg63S1R)V#HqJwmUNP~-mUjT?`XkajiFkGsz"
    "WmhmnFx4=qsW9s>z%T&tCOL#{cy!>BGXMYp00000000620000FY2iK;Fb)6^0001$T!OxW<^YIjXkajiFaYrC34U1)bRdFA0"
    "5$*s05$*s00Sk0`(0R63qKSvC;;uD008KrsN;d4<AR7><Aassf}!Jrq~n9D0ElR4U@(X<T&mSDp)jN{>oDfLqUEiZ>6N$Rfr"
    "R6OmE(e;<AS8)gRA9`jcjjjXDw!FY-Mg?ZDlQKZY}1#qUEiZE_8Twn`(3*fIt8b0000G000031<<w?-GpaA9Wx*Rw1EHsVPa"
    "!sWoBn+X=-b1ZEkOHadLCxgNEaRx#NR~E_8Tw0FeI>f8@FRCxb9OE*#RtJ$nE^2LJ"
)
"""RAR 3, Japanese names, one member packed."""
RAR4_ENCRYPTED = base64.b85decode(
    "Qeko-8V3N+kaGY44FCWD00000Dr0mYkSYKY0000I00002Rc>1DWLI`r9WVs|AOHXWVJ>udbO7-DOdC{aX>%ZHb0B7NZ*3r9E"
    "_8TwUygJnlrjJy0000I00002g%tX!XIFMu9Ww<0AOHXWVlH%ebiM)`nt3XURRFMZpft((_6-n!sL|GZ>(r#S$kc0siXNY?un"
    "qXyw#P&Y>g2n}bRdu_01^NI01^NI00K2Vnv`x=c32%S1ppub003hyba-?Cus%pFRA^~)AZc?TW^!+BAY(3ccy#T`bR?8A03Z"
    "MW01^NI00Jf9x+YCzc32%V1ppub003kzba-^H;(ZhIrBhM>@cUtpcKAQZM`#;REjEn6c*)bLMXL6R1KhqC;EZNh+XVIL#65c"
    "eKnDN"
)
"""RAR 3, two of four members encrypted."""
RAR5_ENCRYPTED = base64.b85decode(
    "Qeko-8V3OYGm^FC3IPQM00jX7fPers|1usQ0s{*Y1QH-sZd&eu000GHE_8Tw3IhUsA%vrXeA)q2XlZjGX>%ZEa&K)QVJ>udb"
    "b3K?vrqy9JTL?jAQ(lX0)PVm1!69AcyurU00R%lL|);5__d$bD?>L3yjRWoG~WiRT?N#W2X_x0j(}6@HD?`g@hwYhoEn@80|"
    "Ihon5Ke!+5uy_RI<<zrAc43y3@dEs5=|HyErG;hm&}7FMN~Y(kR3L-u|Y*JAQ0u)CEug-1v=r@n#<a0}B!a5+F4_nv{S500m"
    "<%ba-?M0|Gus>8^r&+5uE(X>%ZHb0B7NZ*3rBE_8Tw?EUavQUU`!pa2At03gHPV-kP^00m?&ba-?y0RRIJ$3$M?fcUka)+<9"
    "d2)tL#^Uc<?9JE`fe5^KDj<XJFgG|&&=@skNtarDg3IhUr#VPcUeA)rqX>#=TR*t6q8D;5}vo?h^H}xu@(<g_r^}zx%*s5L~"
    "cUDmY1q1*"
)
"""RAR 5, the same."""
RAR5_ENCRYPTED_FILENAMES = base64.b85decode(
    "Qeko-8V3OYt|QWrAp`&b0S{;ku+XQ-y`kQ8r*Segn;EwXf*3m|xd7wJX(bTsgvX&CMlF2~HBQ9V)=KT^Id{jpBjcpp6dTHP?"
    "o8bL+{QRxy!MJS?v-}cvrMj5Y_!#k20$rI{cv`dN@T|ws@^hawX0%u`5SjLgb9sI7u<jX5HoJa&4oXqxvAA5Ts`3}la(L;(T"
    "-wNnWyvHzV1g~ky`_c(-n9)aG<*oom#Z|d8W=rJ*99_ZA9DgPQ)hby6H<y_W<OxnIs(RL(FvYH?2b13&QFcLCO6+jGJ*^ckb"
    "<^<-4jA-a}<~(j?8sot#e*-z>faL)ZA&hvmq{(T*M>y2NYISV~}_i_!(Xhw@6UA4S<b%t9vfBF)j*=x94twL<R=6c{RJ6K1G"
    "ihrE(1$x_nHMQXhMAy0KJ&aU!Fad7=XCx?9Z2Rz79n13{$n(e3dRzPNhN#|z70Y^!@Y8o77bPnusS2xC<2x1uIK7&~%^*N&x"
    "E!PB<Y}kzisqFVJ>FM4zJQ3x=>fiaQKi#S~73qa#9DD}n(|0KL2YJl`b1TR5uZ%>X?m=^^!0jI2=#L2h&tBE9^sM=4w$||8r"
    "_%$Lb68<kvJDV7R|ZmE%l>D&6uRczakqE_4tLP=rMP?M5?i{}fL62-tJo>gYuMZ{eL4{Z{abvO+|U`x01HDJp?8kb{34FVM2"
    "so*NzKW}#$k%9C{=d^4Y7rD>w`A#)vi~-Rbw~KiQJ!60R-aU>r&Ob#_H{QjVP>x+r(LNmhbM7Uo`|0)W$Lp@2x)uH}&+ExV@"
    "rO-y#im^Vz@b3{^12HL#0KCVFw0l#*aNgb~H45y#`X+nQ$~@X~8FkWx<vk9|%Bqh$fs)Y@#zuUjms#HWIB4Yp-=T`f7}A9W*"
    "GlwCXD15w@FaOCkwMa<vkeE2=gn{{~Z_Cx"
)
"""RAR 5, names encrypted."""
CAB_LZX_E8 = base64.b85decode(
    "O;bZg00000eE<Le00000EC2ui000000|5a50RR9100000LjV8(0RRIJ9smFU000000084$Oo|`?WjHQkX>I_@pIWFg03HBaf"
    "PjqvFyH|X00001000050002!00000=l}o!faw4K|9|KX0RRB#5;RtL=!a!PAp"
)
"""A cabinet packed with LZX."""
LHA_FILENAME_CP932 = base64.b85decode(
    "O#m%yXfQ1Z000080000fq=QW$0vSk62LMK-0{{RE00D}>j+!oXcyt>8K{RlHB%0;R0d%VAF`DJe0d%VAF`DJe0R{j7(IW={0"
    "E)kknu4i<$V&h%Y-lho1ONa41ONa4Jfwq7AOh%HO$Pu*qyqo|2>=0=TrPBYbQ=Icnq?C<n&ry@pz9Gmn&ry@pz9Gmn&ry@1^"
    "@u;Ee8MqY-w|J00"
)
"""LZH with names in Shift JIS."""
CAB_LZX_OOB = base64.b85decode(
    "O;bZg00000K>z@fl9G~=k^lez0000I<NyHx0RRBRu-*Uw9{~UW0RTe~0RcPG(g_I(2?+@a2><{90000000000va+(Wva+(Wv"
    "a+(Wva+(Wva$*=000000000000000006SGlH>pX|F*KS0000000000va+%YFaQ7m000000000000028vXbNf|NpkKvH$=800"
    "000006Qdorz2U000000000001yxm5D*X$5D*X$84wT<5D*X$5D*X$5D*X$5D*am|NjpV5D)+W0000006-8B06;J|FgGwV000"
    "0mHWJT%FE1|u{{R30000000000000000000000000000000000000002>@=6LfFfsrD05CQZ&wej2F981l00000000000000"
    "0000000000000000000000000000"
)
"""A cabinet that libarchive 3.6.2 crashes on."""
