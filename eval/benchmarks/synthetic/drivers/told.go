package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
)

var toldWord string

func toldBegin() {
	line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	toldWord = strings.TrimSpace(line)
}

func toldList(parts ...string) string { return "[" + strings.Join(parts, ", ") + "]" }

func toldPlain(v reflect.Value) string {
	switch kind := v.Kind(); {
	case kind == reflect.Invalid:
		return "null"
	case kind == reflect.Interface:
		return toldPlain(v.Elem())
	case kind == reflect.Slice:
		parts := []string{}
		for i := 0; i < v.Len(); i++ {
			parts = append(parts, toldPlain(v.Index(i)))
		}
		return toldList(parts...)
	case kind == reflect.String:
		text, _ := json.Marshal(v.String())
		return string(text)
	case kind == reflect.Bool:
		return fmt.Sprint(v.Bool())
	case kind >= reflect.Int && kind <= reflect.Int64:
		return fmt.Sprint(v.Int())
	case kind >= reflect.Uint && kind <= reflect.Uintptr:
		return fmt.Sprint(v.Uint())
	}
	return fmt.Sprintf("object %q", v.Type().String())
}

func toldResult(value interface{}) {
	v := reflect.ValueOf(value)
	text := toldPlain(v)
	if v.Kind() == reflect.Map {
		pairs := []string{}
		for _, key := range v.MapKeys() {
			pairs = append(pairs, toldList(toldPlain(key), toldPlain(v.MapIndex(key))))
		}
		text = "dict " + toldList(pairs...)
	}
	fmt.Printf("\n%s %s\n", toldWord, text)
}
