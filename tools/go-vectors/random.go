package main

import "strings"

// source is SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). Written here, so that
// no release of Go can change the vectors.
type source struct{ state uint64 }

func (s *source) next() uint64 {
	s.state += 0x9e3779b97f4a7c15
	z := s.state
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

func (s *source) below(n int) int { return int(s.next() % uint64(n)) }

// chance is true once in n calls.
func (s *source) chance(n int) bool { return s.below(n) == 0 }

func (s *source) pick(choices ...string) string { return choices[s.below(len(choices))] }

// of joins up to max pieces.
func (s *source) of(pieces []string, max int) string {
	var text strings.Builder
	for n := s.below(max + 1); n > 0; n-- {
		text.WriteString(s.pick(pieces...))
	}
	return text.String()
}

// mutated changes a text in one or two places: drops, doubles, swaps or inserts.
func (s *source) mutated(text string, pieces []string) string {
	runes := []rune(text)
	for n := 1 + s.below(2); n > 0; n-- {
		at := s.below(len(runes) + 1)
		piece := []rune(s.pick(pieces...))
		switch {
		case at == len(runes) || s.chance(3):
			runes = join(runes[:at], piece, runes[at:])
		case s.chance(3):
			runes = join(runes[:at], runes[at+1:])
		case s.chance(2):
			runes = join(runes[:at], runes[at:at+1], runes[at:])
		default:
			runes = join(runes[:at], piece, runes[at+1:])
		}
	}
	return string(runes)
}

func join(parts ...[]rune) []rune {
	var all []rune
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}
