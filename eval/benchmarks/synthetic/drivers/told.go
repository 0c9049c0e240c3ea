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

func toldPlain(value interface{}) interface{} {
	v := reflect.ValueOf(value)
	if v.Kind() == reflect.Slice && v.IsNil() {
		return []int{}
	}
	if v.Kind() != reflect.Map {
		return value
	}
	pairs := []interface{}{}
	for _, key := range v.MapKeys() {
		pairs = append(pairs, []interface{}{key.Interface(), v.MapIndex(key).Interface()})
	}
	return pairs
}

func toldResult(value interface{}) {
	text, err := json.Marshal(toldPlain(value))
	if err != nil {
		panic(err)
	}
	fmt.Printf("\n%s %s\n", toldWord, text)
}
