# Reads the JUnit file of ctest and prints "passed failed skipped". A program that tells how many
# tests it ran (Criterion's synthesis, or TAP) counts as many, any other as one.
/<testcase / {
	p = f = s = 0
	status = $0
	sub(/.* status="/, "", status)
	sub(/".*/, "", status)
}
/Synthesis: Tested: / {
	line = $0
	gsub(/[^0-9]+/, " ", line)
	n = split(line, number, " ")
	# Tested, Passing, Failing, Crashing, perhaps after the digits of colours
	p += number[n - 2]
	f += number[n - 1] + number[n]
}
{ text = $0; sub(/.*<system-out>/, "", text) }
text ~ /^not ok / { f++ }
text ~ /^ok / { if (text ~ /# [Ss][Kk][Ii][Pp]/) s++; else p++ }
/<\/testcase>/ {
	if (status == "notrun" || status == "disabled")
		s += p + f + s == 0
	else if (status == "fail")
		f += f == 0
	else
		p += p + f + s == 0
	passed += p
	failed += f
	skipped += s
}
END { print passed + 0, failed + 0, skipped + 0 }
