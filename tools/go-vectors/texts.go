package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

func booleans(random *source) []string {
	texts := []string{
		"1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False",
		"", "tRUE", "TrUe", "yes", "no", "on", "off", "2", "-1", "+1", "00", "01", "t ", " t", "true\n", "\ttrue", "\ufefftrue", "\u00a0false", "ｔrue", "ſ", "\x00",
	}
	pieces := []string{"t", "r", "u", "e", "T", "R", "U", "E", "f", "a", "l", "s", "F", "A", "L", "S", "0", "1", " ", "\n"}
	for i := 0; i < 150; i++ {
		texts = append(texts, random.mutated(random.pick(texts[:12]...), pieces), random.of(pieces, 4))
	}
	return texts
}

func integers(random *source) []string {
	texts := []string{
		"0", "-0", "+0", "10", "-5", "+5", "0x10", "0X1f", "010", "0o10", "0O17", "0b11", "0B101", "1_000", "00", "000", "007", "08", "09", "0_7", "0_8", "0__7", "_0", "0_",
		"0x_1f", "0x__1", "0x", "0x_", "x1", "0b_1", "0b2", "0b", "0o_7", "0o8", "0o", "0o_", "0_x1", "0_b1", "1__0", "1_", "_1", "1_0_0", "1_e", "-_1", "+_1", "--1", "+-1", "-", "+", "",
		"-0x8000000000000000", "-0x8000000000000001", "0x7fffffffffffffff", "0x8000000000000000", "0xffffffffffffffff", "0x10000000000000000",
		"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "9_223_372_036_854_775_807",
		"0777777777777777777777", "01000000000000000000000", "-01000000000000000000000", "-01000000000000000000001",
		"9007199254740991", "9007199254740992", "-9007199254740991", "-9007199254740992", "9007199254740993",
		"99999999999999999999", "99999999999999999999x", "18446744073709551616", "36893488147419103233",
		" 5", "5 ", "5\n", "\r\n5\t", "\u00a05", "\ufeff5\u2029", "5.0", "1e3", "1.", "0x1p3", "5n", "٣", "１", "1,000", "1 000", "0x 1", "0.5", "NaN", "Inf", "\x00", "0\x00",
	}
	digits := map[string][]string{
		"": strings.Split("0123456789", ""), "0x": strings.Split("0123456789abcdefABCDEF", ""), "0b": {"0", "1"}, "0o": strings.Split("01234567", ""), "0": strings.Split("01234567", ""),
	}
	pieces := []string{"0", "1", "7", "8", "9", "a", "f", "_", "_", "x", "X", "b", "o", "-", "+", " ", ".", "e"}
	for i := 0; i < 800; i++ {
		prefix := random.pick("", "", "0x", "0b", "0o", "0")
		body := digits[prefix][len(digits[prefix])-1] + random.of(append(digits[prefix], "_"), random.below(22)+1)
		valid := random.pick("", "-", "+") + random.pick(prefix, prefix, strings.ToUpper(prefix)) + body
		texts = append(texts, valid, random.mutated(valid, pieces), random.of(pieces, 6))
		texts = append(texts, strconv.FormatInt(int64(random.next()>>random.below(64)), 10))
	}
	return texts
}

func floats(random *source) []string {
	texts := []string{
		"0", "-0", "+0", ".5", "5.", "5", ".", "-.", "", "+", "-", "e5", ".e5", "1e", "1e+", "1e-", "1e5", "1E5", "1e+5", "1e05", "1.5e-3", "5.e1", ".5e1", "1e5.0", "1.2.3", "1..2",
		"1_0", "1_000.000_1", "1__0", "_1", "1_", "1_.5", "1._5", "1_e5", "1e_5", "1e5_0", "1e5_", "1.5_", "0_1", "01", "007.5", "08", "0b1", "0o7", "0b_1", "1_0e1_0",
		"0x1p0", "0x1p-2", "0X1P+3", "0x.8p0", "0x1.p0", "0x.p0", "0xp0", "0x1", "0x1.8", "0x1p", "0x1p+", "0x1pf", "0x1e5", "0x_1p0", "0x1_p0", "0x1p_0", "0x1p1_0", "0x1._8p0", "0x_.8p0", "0x1.8_p0", "0x1_f.f_8p0", "0_x1p0",
		"-0x1.fffffffffffffp1023", "0x1.fffffffffffff7p1023", "0x1.fffffffffffff8p1023", "0x1.fffffffffffff7fffffffffffffp1023", "0x2p1023", "0x1p1024", "0x0p1024", "0x0p99999999999", "-0x0p-99999999999", "0x1p99999999999", "0x1p-99999999999", "0x0.0000000000000000000000000001p1050",
		"0x1p-1022", "0x1p-1073", "0x1p-1074", "0x1p-1075", "0x1.0000000000001p-1075", "0x1.8p-1075", "0x3p-1075", "0x1.7fffffffp-1074", "0x1.8p-1074", "0x1.80000001p-1074", "0x2.8p-1074", "0x0.8p-1074", "0x0.80000000000000000000001p-1074", "0x1p-1076", "0x1.fffffffffffffp-1022", "0x1.ffffffffffffep-1023", "0x1.fffffffffffffp-1023", "0x0.fffffffffffffp-1022", "0x0.fffffffffffff8p-1022", "0x0.fffffffffffff7p-1022",
		"0x1.00000000000008p0", "0x1.000000000000080000000000001p0", "0x1.00000000000018p0", "0x1.00000000000007fffffp0", "0x10000000000000.8p0", "0x20000000000001p0", "0x20000000000003p0", "0xfffffffffffffbffp0", "0xfffffffffffffc00p0", "0xfffffffffffffc01p0",
		"1e400", "-1e400", "1e309", "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308", "1.797693134862315807e308", "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880",
		"4.9e-324", "5e-324", "3e-324", "2.4703282292062328e-324", "2.4703282292062327e-324", "2e-324", "1e-400", "-1e-400", "2.2250738585072011e-308", "2.2250738585072012e-308", "2.2250738585072014e-308", "1e-99999999999", "0e99999999999", "1e99999999999",
		"9007199254740992", "9007199254740993", "9007199254740993.00000000000000000000000000000001", "9007199254740994", "9007199254740995", "123456789012345678901234567890", "0.1", "0.2", "0.3", "0.30000000000000004", "100000", "123456", "999999", "999999.9999999999", "1000000", "1234567", "123456789.125", "1e8", "1e20", "1e21", "1e22", "1e23", "8.5e22", "0.0001", "0.00001", "0.00012345", "0.000099999", "1e-7",
		"inf", "Inf", "INF", "+inf", "-Inf", "infinity", "Infinity", "+INFINITY", "-infinity", "infinit", "infinityy", "in", "i", "infx", "++inf", "nan", "NaN", "NAN", "+nan", "-NaN", "nano", "na", "ınf", "inﬁnity",
		" 1", "1\n", "\u00a01.5\u3000", "\ufeff1", "1 000", "1,5", "1f", "1d", "0x1p0f", "１", "٣.٥", "\x00", "1\x00", "true", "1e5e5", "1p5", "0x1e", "0x1g", "-0x", "0xinf", "1/2", "2^3", "1e1.5",
		strings.Repeat("9", 309), strings.Repeat("9", 308), "0." + strings.Repeat("0", 400) + "1", "0." + strings.Repeat("0", 320) + "1e320", strings.Repeat("1", 800) + "e-800", "1" + strings.Repeat("0", 400) + "e-400", "0x" + strings.Repeat("f", 300) + "p-1200", "0x0." + strings.Repeat("0", 300) + "1p1200",
	}
	// Exactly between two floats, and the same with a digit far behind that decides.
	for _, half := range []string{"9007199254740993", "4503599627370496.5", "4503599627370497.5", "36028797018963972", "1.00000000000000011102230246251565404236316680908203125", "1.00000000000000033306690738754696212708950042724609375"} {
		zeros := "." + strings.Repeat("0", 30)
		if strings.Contains(half, ".") {
			zeros = strings.Repeat("0", 30)
		}
		texts = append(texts, half, half+zeros+"1", "-"+half, half+"e5", half+"e-5")
	}
	decimal := strings.Split("0123456789", "")
	hexadecimal := strings.Split("0123456789abcdefABCDEF", "")
	pieces := []string{"0", "1", "9", ".", "e", "E", "+", "-", "_", "x", "p", "a", "f", "i", "n", " "}
	for i := 0; i < 550; i++ {
		bits := random.next()
		if random.chance(3) {
			// Zeros and ones at both ends: powers of two, subnormal and huge numbers.
			bits = bits >> random.below(64) << random.below(64)
		}
		value := math.Float64frombits(bits)
		if random.chance(3) {
			value = float64(int64(bits)>>random.below(64)) / math.Pow10(random.below(12))
		}
		shortest := strconv.FormatFloat(value, 'g', -1, 64)
		hex := strconv.FormatFloat(value, 'x', random.below(16), 64)
		texts = append(texts, shortest, strconv.FormatFloat(value, 'e', random.below(25), 64), hex)
		texts = append(texts, random.mutated(shortest, pieces), random.mutated(hex, pieces), random.of(pieces, 6))

		dotted := random.pick(decimal...) + random.of(append(decimal, "_"), 8) + random.pick("", ".", "."+random.of(append(decimal, "_"), 20))
		texts = append(texts, random.pick("", "-", "+")+dotted+random.pick("", "e"+strconv.Itoa(random.below(700)-350), "E+0"+random.of(decimal, 2)))

		// Many hexadecimal digits near the ends of the range, where rounding is hardest.
		mantissa := random.of(append(hexadecimal, "_"), 24) + random.pick("", ".", "."+random.of(hexadecimal, 24))
		exponent := random.pick(strconv.Itoa(-1074-random.below(80)+random.below(40)), strconv.Itoa(1023-random.below(60)), strconv.Itoa(random.below(200)-100))
		texts = append(texts, random.pick("", "-", "+")+random.pick("0x", "0X")+mantissa+random.pick("p", "P")+exponent)
	}
	return texts
}

func durations(random *source) []string {
	texts := []string{
		"0", "+0", "-0", "00", "0.", ".0", "0s", "-0s", "", "+", "-", ".", "s", ".s", "-.s", "+.s", "1", "5", "1.", ".5", "1.s", ".5s", "-.5s", "5s", "+5s", "--5s", "-+5s", "5s-5s", "5s+5s",
		"10h", "1.5h", "-1.5h", "300ms", "1us", "1µs", "1μs", "1ns", "1m", "1m1h", "1h1h", "1s1s1s", "1h2m3.5s", "0.1ns", "0.9ns", "1.9ns", "0.1us", "1.0000000001us", "1h 2m", " 1s", "1s\n", "\u00a01s\ufeff", "1 s", "1S", "1H", "1M", "1MS", "1Ms", "1mS", "1sec", "1min", "1hr", "1y", "1.2.3s", "1..2s", "1,5s", "1_000s", "0x1s", "1e3s", "infs", "1ss", "1mss", "1msm", "1smh", "１s", "1s\x00", "1\u00b5", "1\u03bcss", "1п",
		"2562047h47m16.854775807s", "2562047h47m16.854775808s", "-2562047h47m16.854775807s", "-2562047h47m16.854775808s", "-2562047h47m16.854775809s", "2562048h", "9223372036854775807ns", "9223372036854775808ns", "-9223372036854775808ns", "-9223372036854775809ns", "9223372036854775.807us", "9223372036854775.808us", "-9223372036854775.808us", "-9223372036854775.809us", "9223372036s", "9223372037s", "153722867m", "153722868m", "18446744073709551616ns", "9223372036854775807ns1ns", "-9223372036854775807ns1ns", "-9223372036854775807ns2ns", "1h9223372036854775807ns",
		"0.3333333333333333333h", "0.33333333333333333333333333h", "0.9223372036854775807h", "0.9223372036854775808h", "0.9223372036854775809h", "0.92233720368547758079h", "0.830103483285477580700h", "0.00000000000000000000000000001h", "1.00000000000000000000000000001h", "0.99999999999999999999s", "0.100000000000000000000h", "39h9m14.425s", "52763797000ns", "9007199254740993ns", "4503599627370497.5us", "999999999ns", "1000000000ns", "999999ns", "1000000ns", "999ns", "1000ns", "1001ns", "59.999999999s", "60s", "60.000000001s", "3599.999999999s", "3600s", "3600.5s", "86399999ms",
		"1d", "1w", "1.5d", "-2w3d", "1w2d3h4m5s6ms7us8ns", "106751d", "106752d", "15250w", "15251w", "1D", "1dd", "1wd", "1dw", "d", ".d", "0.d", "1d1",
		strings.Repeat("0", 40) + "1s", strings.Repeat("9", 40) + "s", "0." + strings.Repeat("0", 400) + "1s", "0." + strings.Repeat("3", 400) + "h", strings.Repeat("1s", 50), strings.Repeat(".1h", 30),
	}
	units := []string{"ns", "us", "µs", "μs", "ms", "s", "m", "h"}
	decimal := strings.Split("0123456789", "")
	pieces := append([]string{"0", "1", "9", ".", "-", "+", " ", "x", "_", "S", "d", "w", "µ", "n"}, units...)
	for i := 0; i < 650; i++ {
		nanoseconds := int64(random.next()) >> random.below(64)
		valid := random.pick("", "-", "+")
		for n := 1 + random.below(3); n > 0; n-- {
			valid += random.of(decimal, random.below(14)+1) + random.pick("", ".", "."+random.of(decimal, random.below(22)+1)) + random.pick(units...)
		}
		fraction := fmt.Sprintf("%d.%s%s", random.below(100), random.of(decimal, 24), random.pick(units...))
		texts = append(texts, time.Duration(nanoseconds).String(), strconv.FormatInt(nanoseconds, 10)+"ns", valid, fraction)
		texts = append(texts, random.mutated(valid, pieces), random.of(pieces, 5))
	}
	return texts
}

func records(random *source) []string {
	texts := []string{
		"", "\n", "\r\n", "\r", "\n\n", " ", "a", "a,b", "a, b", " a,b", "a,b ", "\"a,b\",c", ",", ",,", "a,", ",a", "a,,b", "a,b\n", "a,b\r\n", "a,b\r", "\na,b", "\r\n\r\na,b", " \na", "a\nb", "a\r\nb", "a\rb", "a\n\n", "a\n\nb", "a\n \n", "a\nb\"", "a\n\"b",
		`""`, `"",""`, `"",`, `,""`, `" "`, `" a "`, `"a""b"`, `""""`, `"""`, `"""a"""`, `""a""`, `"a"b`, `"a" ,b`, `"a", "b"`, `a"b`, `a"`, `a""b`, `"`, `"a`, `"a,b`, `"a"",b`, `"a"""`, `'a,b'`, `a;b`, "a\tb", "\ta,b", "a,\t", "a,\u00a0", "\u00a0a", "\ufeffa", "\ufeff\"a\"",
		"\"a\nb\",c", "\"a\r\nb\",c", "\"a\r\r\nb\"", "\"a\r\r\r\nb\"", "\"a\rb\"", "\"a\r\"", "\"a\r", "\"a\n", "\"a\"\n", "\"a\"\r\n", "\"a\"\r", "\"a\"\r,b", "\"a\"\r\r\n", "\"a\"\n\"b\"", "\"a\"\nb", "\"\n\"", "\"\r\n\"", "\"\r\"", "\"\n\n\"", "\"a\n\nb\"", "\"a\n\"\nb", "\"\"\n\"\"", "a,\"\n\"", "\"a\nb\"c", "a\r\r\n", "a\r\r\nb", "\r\ra", "\r,a", "a,\r", "a,\r\n", "\r\r\n", "\n\r", "#a", "#a\nb", "\\n", "a\\,b", "\x00", "a,\x00,b", "日本,語", "\"日\n本\",\"語\"", "é,e\u0301", "\U0001f600,\"\U0001f600\"", "a\vb,\fc", "a\u2028b", "a\u0085b", "\u0085",
	}
	pieces := []string{"a", "b", "\"", "\"", "\"\"", ",", ",", "\n", "\r\n", "\r", " ", "é"}
	for i := 0; i < 900; i++ {
		var fields []string
		for n := 1 + random.below(4); n > 0; n-- {
			field := random.of(pieces, 5)
			if random.chance(2) {
				field = `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
			}
			fields = append(fields, field)
		}
		valid := strings.Join(fields, ",")
		texts = append(texts, valid, random.mutated(valid, pieces), random.of(pieces, 8))
	}
	return texts
}
