// Command volume-writer writes a ConfigMap volume with the kubelet's own code.
//
// It is given the folder, reads one JSON object of file names and base64 contents a line, writes it as the kubelet would,
// and answers each with a line: "ok", or the error.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/kubernetes/pkg/volume/util"
)

const longestLine = 16 << 20

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: volume-writer FOLDER")
		os.Exit(2)
	}
	writer, err := util.NewAtomicWriter(os.Args[1], "flagz")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		if err := write(writer, lines.Bytes()); err != nil {
			fmt.Printf("%q\n", err)
			continue
		}
		fmt.Println("ok")
	}
}

func write(writer *util.AtomicWriter, line []byte) error {
	// A byte slice is base64 in JSON.
	var contents map[string][]byte
	if err := json.Unmarshal(line, &contents); err != nil {
		return err
	}
	files := make(map[string]util.FileProjection, len(contents))
	for name, data := range contents {
		files[name] = util.FileProjection{Data: data, Mode: 0o644}
	}
	return writer.Write(files, nil)
}
