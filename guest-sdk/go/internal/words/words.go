// Package words is the cases of enums as text.
package words

import (
	"errors"
	"slices"
	"strings"
)

// Of is the word of a case.
func Of(words []string, at int) string {
	if at < len(words) {
		return words[at]
	}
	return "no case of its enum"
}

// At is the case of a word.
func At(words []string, word string) (int, error) {
	at := slices.Index(words, word)
	if at < 0 {
		return 0, errors.New("`" + word + "` is none of " + strings.Join(words, ", "))
	}
	return at, nil
}
