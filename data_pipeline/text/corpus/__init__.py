"""Source files: found, judged one by one, and made into examples.

What is found on a machine by name is somebody's work under somebody's licence. It is
for use on that machine alone; what may be done with a model that is trained on it, the
licences say, which the manifest records file by file.
"""
