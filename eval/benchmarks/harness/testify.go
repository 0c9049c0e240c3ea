// What the tests of HumanEval-X use of github.com/stretchr/testify/assert: a failed
// assertion fails the test, which goes on.
package main

import (
	"bytes"
	"reflect"
	"testing"
)

type assertions struct{ t *testing.T }

var assert assertions

func (assertions) New(t *testing.T) assertions { return assertions{t} }

// Equal holds values and their types against each other, deeply; bytes by content.
func (a assertions) Equal(expected, actual interface{}, _ ...interface{}) bool {
	a.t.Helper()
	equal := reflect.DeepEqual(expected, actual)
	if one, ok := expected.([]byte); ok && one != nil {
		other, ok := actual.([]byte)
		equal = ok && other != nil && bytes.Equal(one, other)
	}
	if !equal {
		a.t.Errorf("Not equal: expected %#v, got %#v", expected, actual)
	}
	return equal
}
