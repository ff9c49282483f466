// Package mend makes text of what is none.
package mend

import (
	"strings"
	"unicode/utf8"
)

// UTF8 is the text, with U+FFFD in the place of what is no UTF-8: one for as much of a character as there is, as all
// SDKs do it. Go itself has one for each byte, or one for all in a row.
func UTF8(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var mended strings.Builder
	for len(text) > 0 {
		char, size := utf8.DecodeRuneInString(text)
		if char == utf8.RuneError && size == 1 {
			// What may still become a character is none yet.
			for size < len(text) && !utf8.FullRuneInString(text[:size+1]) {
				size++
			}
		}
		mended.WriteRune(char)
		text = text[size:]
	}
	return mended.String()
}
