// Command go-vectors prints what Go's parsers say about some thousand texts: the reference for the grammars of
// @flagz/core's flag types. The output is the same on every run; check.sh compares it with the committed file.
package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
)

// A section asks one parser about many texts.
type section struct {
	name string
	// fields documents a line of the section.
	fields string
	texts  []string
	// verdict gives what follows the text on its line; nil means refused.
	verdict func(text string) []any
}

func main() {
	// The seed is part of the file: another one makes other vectors.
	random := &source{state: 20240229}
	sections := []section{
		{"boolean", "text, value", booleans(random), func(text string) []any {
			value, err := strconv.ParseBool(text)
			return accepted(err, value)
		}},
		{"int64", "text, value in decimal", integers(random), func(text string) []any {
			value, err := strconv.ParseInt(text, 0, 64)
			return accepted(err, strconv.FormatInt(value, 10))
		}},
		{"float64", "text, bits in hexadecimal, canonical text", floats(random), func(text string) []any {
			value, err := strconv.ParseFloat(text, 64)
			if canonical := fmt.Sprint(value); canonical != strconv.FormatFloat(value, 'g', -1, 64) {
				panic("%v and 'g' differ: " + canonical)
			}
			return accepted(err, fmt.Sprintf("%016x", math.Float64bits(value)), fmt.Sprint(value))
		}},
		{"duration", "text, nanoseconds in decimal, canonical text", durations(random), func(text string) []any {
			value, err := time.ParseDuration(text)
			return accepted(err, strconv.FormatInt(int64(value), 10), value.String())
		}},
		{"csv", "text, fields of the first record, whether something follows it", records(random), func(text string) []any {
			reader := csv.NewReader(strings.NewReader(text))
			reader.FieldsPerRecord = -1
			record, err := reader.Read()
			_, next := reader.Read()
			return accepted(err, record, next != io.EOF)
		}},
	}

	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintln(out, "{")
	for i, s := range sections {
		fmt.Fprintf(out, "%s: [\n", quote(s.name))
		fmt.Fprint(out, quote([]string{s.fields}))
		for _, text := range withTrimmed(s.texts) {
			fmt.Fprintf(out, ",\n%s", quote(append([]any{text}, s.verdict(text)...)))
		}
		fmt.Fprint(out, "\n]")
		if i < len(sections)-1 {
			fmt.Fprint(out, ",")
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out, "}")
}

func accepted(err error, verdict ...any) []any {
	if err != nil {
		return nil
	}
	return verdict
}

// withTrimmed adds the trimmed form of each text, because Flagz trims before it reads, and drops duplicates.
func withTrimmed(texts []string) []string {
	seen := map[string]bool{}
	var all []string
	for _, text := range texts {
		for _, t := range []string{text, strings.TrimFunc(text, isSpaceOfJavaScript)} {
			if !seen[t] {
				seen[t] = true
				all = append(all, t)
			}
		}
	}
	return all
}

// isSpaceOfJavaScript tells what String.prototype.trim removes (WhiteSpace and LineTerminator of ECMA-262).
func isSpaceOfJavaScript(r rune) bool {
	return strings.ContainsRune("\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff", r)
}

// quote writes JSON without the HTML escapes of encoding/json.
func quote(value any) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(text.String(), "\n")
}
